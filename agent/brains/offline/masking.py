"""A clause as the classifier reads it: machines, files, job ids and amounts replaced by stand-ins."""

import re

from agent.brains.offline.text import Span
from agent.brains.offline.vocabulary import JOB, PATH
from agent.brains.offline.words import Words

_COUNTED = re.compile(
    r"\d|\b(?:a|an|one|two|three|four|five|six|seven|ten|few|couple|half|several|weekend|fortnight)\b", re.I
)


def mask(words: Words) -> str:
    """ "retrain our Haas for 5 minutes" → "retrain the machine for two days" """
    marks: list[tuple[Span, str]] = []

    def put(span: Span, stand_in: str) -> None:
        if not any(span.overlaps(other) for other, _ in marks):
            marks.append((span, stand_in))

    for found in PATH.finditer(words.text):
        put(
            Span(found.start(), found.end()),
            "data.csv"
            if re.search(r"\.(csv|parquet|pq|tsv|txt|xlsx?|json|gz|feather)\b", found[0], re.I)
            else _file(found[0]),
        )
    for found in JOB.finditer(words.text):
        put(Span(found.start(), found.end()), "job job-1")
    for mention in words.mentions:
        if mention.strength or (not mention.plural if not mention.every else mention.kind):
            put(mention.span, "all the machines" if mention.every else "the machine")
    for length in words.lengths:
        if _COUNTED.search(length.said):
            put(length.span, "two days")
    for found in re.finditer(r"\b\d{1,3}(?:,\d{3})+\b|\b\d{4,}\b|\b\d+(?:\.\d+)?k\b", words.text, re.I):
        put(Span(found.start(), found.end()), "5000")
    text = words.text
    for span, stand_in in sorted(marks, key=lambda item: -item[0].start):
        text = f"{text[: span.start]}{stand_in}{text[span.end :]}"
    text = re.sub(r"\b(?:the|our|my|this|that|a|an|your)\s+(?=the machine\b|all the machines\b)", "", text, flags=re.I)
    text = re.sub(
        r"\bthe machine(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s+or\s+)the machine\b)+", "the machine", text
    )
    text = re.sub(r"\bthe machine (?:unit|machine|motor|pump|one)\b", "the machine", text)
    text = re.sub(r"(?<=\S)(?:,| and|, and) the machine(?=\W*$)", "", text) if text.count("the machine") > 1 else text
    return re.sub(r"\s+", " ", text).strip().lower()


def _file(name: str) -> str:
    return "photo.jpg" if re.search(r"\.(jpe?g|png|bmp|tiff?|webp)\W?$", name, re.I) else "profile.yaml"
