"""The reference tokenizer: SentencePiece-Unigram (Kudo 2018, arXiv:1804.10959) of multilingual-e5-small.

Text is normalised code point by code point, runs of spaces become one, a space becomes U+2581, one U+2581 is put
before the text if it does not begin with one, the text is split before each U+2581 and each part is cut after every
512 code points; each piece is then segmented by Viterbi. Unknown code points that follow each other are one `<unk>`.
`detectors/tokenizer` does the same in TypeScript, on streams.
"""

from __future__ import annotations

import re

from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from public_weights import PublicWeights

MAX_RUN_CODE_POINTS = 512
ROLES = ("system", "user", "assistant", "tool")
PREFIX_TOKENS = 3


class ReferenceTokenizer:
    """encode(text) -> list of ids without specials; prefix(role) -> the three ids that every window begins with."""

    def __init__(self, weights: PublicWeights):
        vocab = [(piece, float(score)) for piece, score in zip(weights.pieces, weights.scores)]
        self.tokenizer = Tokenizer(models.Unigram(vocab, unk_id=weights.specials["unk"], byte_fallback=False))
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True),
            pre_tokenizers.Split(Regex(".{%d}" % MAX_RUN_CODE_POINTS), behavior="isolated"),
        ])
        self.table = {cp: "".join(map(chr, out)) for cp, out in weights.normalisation.items()}
        self.spaces = re.compile(" {2,}")
        self.specials = weights.specials
        piece_id = {piece: i for i, piece in enumerate(weights.pieces)}
        self.prefixes = {role: [weights.specials["bos"], piece_id["▁" + role], piece_id[":"]] for role in ROLES}

    def normalise(self, text: str) -> str:
        """Unpaired surrogates become U+FFFD, as in every UTF-8 encoder."""
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self.spaces.sub(" ", text.translate(self.table))

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(self.normalise(text), add_special_tokens=False).ids

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        encodings = self.tokenizer.encode_batch([self.normalise(t) for t in texts], add_special_tokens=False)
        return [e.ids for e in encodings]

    def prefix(self, role: str) -> list[int]:
        return self.prefixes[role]
