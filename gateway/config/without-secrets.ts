/** A text without the secrets that addresses in it may carry: all before the last @ behind the scheme, which passwords may
 *  hold any sign of, fragments, and the values of queries that are named like a password, a token or a key. For messages
 *  and for what `config check` prints. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\/\/)(?:\\.|[^"\s])*@/g, '$1***@')
    .replaceAll(/(\/\/[^"\s#]*#)(?:\\.|[^"\s])+/g, '$1***')
    .replaceAll(
      /([?&][^=&#"\s]*(?:pass|pwd|secret|token|key|sig|auth|code|cred)[^=&#"\s]*=)[^&#"\s]+/gi,
      '$1***',
    );
}

/** An address of which the host alone is told: those of webhooks carry the right to post in their path. */
export function hostAlone(url: string): string {
  const { protocol, host, pathname, search, hash } = new URL(url);
  return `${protocol}//${host}${pathname.length + search.length + hash.length > 1 ? '/***' : ''}`;
}
