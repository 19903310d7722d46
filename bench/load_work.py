"""What the parts of the load measurements share: model, texts, servers.

The model of bench/random_marian.py with the demo's tokenizer, each sentence
translated to as many tokens as in bench/translation.py; real captions, and
paragraphs of them.
"""

import functools
import json

import load_program
import programs
import startup

NEW_TOKENS = 20
TARGET_LANGUAGE = "de"
NUM_BEAMS = 4  # As OPUS-MT's models have it.
# Sentences that one step takes at most (--max_rows over NUM_BEAMS).
ACTIVE_TEXTS = 64
# Texts that the offline benchmark translates, and the load with it.
NUM_OFFLINE = 256
# Calls that are several sentences.
PARAGRAPH_SHARE = 0.1
SHORT_WORDS = 9
DOCUMENT_LINES = 100
KV_CACHE_MB = 1024  # As much as the offline benchmark has.


class Work:
    def __init__(self, session):
        self.session = session
        self.model = startup.make_model(session)
        self.captions = programs.CAPTIONS.read_text().splitlines()
        self.offline_texts = self._file("load_offline.txt",
                                        self.captions[:NUM_OFFLINE])
        self.short_texts = self._file("load_short.txt", [
            text for text in self.captions
            if len(text.split()) <= SHORT_WORDS])

    def _file(self, name, lines):
        path = self.session.work / name
        path.write_text("".join(line + "\n" for line in lines))
        return path

    @functools.cached_property
    def offline_ids(self):
        """The texts as the server hands them to its engine."""
        import sentencepiece

        words = json.loads((self.model / "vocab.json").read_text())
        pieces = sentencepiece.SentencePieceProcessor(
            model_file=str(self.model / "source.spm"))
        path = self.session.work / "load_offline_ids.txt"
        with open(path, "w") as file:
            for text in self.captions[:NUM_OFFLINE]:
                tokens = [f">>{TARGET_LANGUAGE}<<",
                          *pieces.encode(text, out_type=str), "</s>"]
                file.write(" ".join(str(words.get(token, words["<unk>"]))
                                    for token in tokens) + "\n")
        return path

    def captions_load(self, num_beams=NUM_BEAMS):
        """One caption a call."""
        return load_program.Load(self.session, {
            "texts": self.offline_texts, "model": "base",
            "target_language": TARGET_LANGUAGE, "num_beams": num_beams,
            "min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS,
            "connections": 32, "deadline": "60s", "no_cache": True})

    def mixed_load(self, num_beams=NUM_BEAMS):
        """Captions of all lengths, and paragraphs."""
        return self.captions_load(num_beams).but(
            texts=programs.CAPTIONS, paragraph_share=PARAGRAPH_SHARE,
            max_short_words=SHORT_WORDS)

    def document_load(self):
        return self.captions_load().but(
            texts=programs.CAPTIONS, paragraph_share=1,
            min_lines=DOCUMENT_LINES, max_lines=DOCUMENT_LINES, connections=1)

    def short_load(self):
        return self.captions_load().but(texts=self.short_texts)

    def server(self, precision, *flags):
        program = self.session.program("parley-server")
        return programs.Server(
            self.session.build, f"--models=base={self.model}",
            f"--threads={self.session.threads}",
            f"--kv_cache_mb={KV_CACHE_MB}",
            *self.session.precision_flag(program, precision), *flags,
            environment=self.session.isa.ours)

    def offline(self, precision):
        """Sentences a second of the engine alone, all there at once."""
        program = self.session.program("translation_benchmark")
        return programs.tokens_per_second([
            program, f"--model={self.model}", f"--sources={self.offline_ids}",
            f"--batch_size={ACTIVE_TEXTS}", f"--num_beams={NUM_BEAMS}",
            f"--new_tokens={NEW_TOKENS}",
            f"--num_threads={self.session.threads}", "--repetitions=1",
            *self.session.precision_flag(program, precision)],
            self.session.environment) / NEW_TOKENS

    def shape(self, num_beams=NUM_BEAMS):
        return (f"OPUS-MT base size, random weights; captions, beams: "
                f"{num_beams}, {NEW_TOKENS} target tokens forced")


def precisions(session):
    """That the load is measured in: those that peers have, too."""
    wanted = session.by_scale(("int8",), ("int8", "f32"),
                              ("int8", "f32", "bf16"))
    return [name for name in wanted if name in session.precisions]
