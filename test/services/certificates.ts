import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram } from './system-program.ts';

/** PEM texts of an authority, a server on loopback and a client, all made for one test. */
export interface Certificates {
  readonly ca: string;
  readonly server: CertifiedKey;
  /** Its subject is `CN=telltale`. */
  readonly client: CertifiedKey;
}

export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and two certificates by it, valid for a day. */
export function makeCertificates(folder: string): Certificates {
  const openssl = requireProgram(['openssl'], ['openssl']);
  const run = (...args: string[]) => execFileSync(openssl, args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '1',
    '-subj',
    '/CN=authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  const certify = (name: string, subject: string, extension: string): CertifiedKey => {
    writeFileSync(join(folder, `${name}.ext`), extension);
    run('req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
    run('x509', '-req', '-in', `${name}.csr`, ...signed, '-extfile', `${name}.ext`, '-out', `${name}.crt`);
    return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
  };
  const server = certify('server', '/CN=broker', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const client = certify('client', '/CN=telltale', 'extendedKeyUsage=clientAuth');
  return { ca: read('ca.crt'), server, client };
}
