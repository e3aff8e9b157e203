"""How people put the values of the tools' arguments, as patterns."""

import re

TASK_WORDS = {
    "failure": r"failures?(?! modes?\b)(?:[ -]predict\w*)?|breakdown|classifier|fail(?=\s*(?:\+|&|/|,|and\b|model))",
    "rul": r"rul|remaining[ -](?:useful[ -])?(?:life|hours|lifetime)|(?:useful[ -])?life(?:time)?(?=[ "
    r"-](?:models?|predict\w*|estimat\w*))|lifetime",
    "anomaly": r"anomal\w*|outliers?|novelty",
    "forecast": r"forecast\w*|forecaster",
}
ALL_TASKS = (
    r"\b(?:all (?:four|of them|the (?:models?|tasks?)|models|tasks|\d)|everything|every (?:model|task)|all four)\b"
)
METHODS = {
    "ctgan": r"ct[- ]?gan",
    "tvae": r"tvae",
    "gaussian_copula": r"(?:gaussian[ _-]?)?copula|gaussian",
    "par": r"\bpar\b",
    "lives": r"(?:whole |full |complete |synthetic )?lives|run[- ]to[- ]failure",
    "auto": r"\bauto(?:matic(?:ally)?)?\b",
}
UNKNOWN_METHODS = r"\b(?:smote|diffusion|copulagan|copula gan|timegan|wgan|llm|gpt|bootstrap\w*|vae|gan)\b"
TARGETS = {
    "jetson_xavier_nx": r"xaviers?(?:[ -]?nx)?",
    "jetson_orin": r"orins?\b",
    "jetson_nano": r"\bnanos?\b",
    "cpu": r"\bcpus?\b|\blaptop\b|raspberry(?: pi)?|\bpi\b|\bintel\b|\bx86\b|industrial pc|\bipc\b|gateway|\bpc\b|"
    r"(?:ordinary|plain|normal|standard|regular|desktop) computer",
}
BARE_NX = r"\bnx\b"  # of the two that bear it the Xavier, where nothing else is said
PRECISIONS = {
    "int8": r"\bint[ -]?8\b|\b8[ -]?bits?\b|quanti[sz]ed?\b",
    "fp16": r"\b(?:fp|float)[ -]?16\b|\bhalf[ -]precision\b|\b16[ -]?bits?\b|\bhalf\b",
    "fp32": r"\b(?:fp|float)[ -]?32\b|\b(?:full|single)[ -]precision\b|\b32[ -]?bits?\b",
}
ACTIONS = {
    "overhaul": r"overhaul\w*|rebuil[td]\w*|refurbish\w*|reconditioned",
    "failure": r"fail(?:ed|ure)?\b|broke(?:n)?(?: down)?\b|breakdown|burn(?:t|ed) (?:out|"
    r"up)|seized(?: up)?|gave (?:up|out)|packed (?:up|in)|died|conked out|blew "
    r"(?:up|a)",
    "replacement": r"replacement|(?:replaced|swapped(?: out)?|exchanged|changed out) (?:the |"
    r"it\b|this |our )?(?:whole |entire |complete |old )*(?:machine|unit|pump|"
    r"motor|compressor|fan|gearbox|conveyor|chiller|robot|turbine|blower|with "
    r"a new)\b(?! \w*(?:bearing|seal|filter|belt|oil|brush|coupling|blade|impeller))|"
    r"replaced it\b|swapped it\b|(?:swapped|exchanged|replaced|changed)(?: it| out)? (?:for|with|by|against) "
    r"(?:an?|the|our) (?:new|spare|other)(?: (?:one|unit|machine)\b|\b(?! \w))",
    "lubrication": r"re-?greas\w*|greas\w*|lubricat\w*|lube\w*|oil change|chang(?:ed|ing) (?:the "
    r"|its )?(?:gear |hydraulic |compressor )?oil(?! filter)|topped up (?:the "
    r"|its )?\w*\s?oil|oiled|refilled (?:the )?oil|new oil(?! filter)|oil top",
    "alignment": r"re-?align\w*|align\w*|shimm\w*",
    "balancing": r"re-?balanc\w*|balanc\w*",
    "calibration": r"re-?calibrat\w*|calibrat\w*",
    "cleaning": r"clean\w*|flush\w*|wash\w*|blew out|descal\w*|degreas\w*",
    "adjustment": r"adjust\w*|tighten\w*|re-?tension\w*|tension\w*|re-?torqu\w*|tracked|set up",
    "repair": r"repair\w*|fix(?:ed|ing)\b|mend\w*|weld\w*|patch\w*|replac\w*|chang(?:ed|"
    r"ing)|swapp\w*|fitted|installed|renew\w*|exchang\w*|put in|new \w+",
    "inspection": r"inspect\w*|look(?:ed)? (?:over|at)|check(?:ed|up)?\b|walk(?:ed)?[- ]?(?:down|"
    r"round|around)|visual|serviced?\b|servicing",
    "other": r"\bother\b",
}
RATED = (
    "power",
    "speed",
    "voltage",
    "current",
    "flow",
    "head",
    "pressure",
    "torque",
    "frequency",
    "ratio",
    "payload",
    "capacity",
)
PATH = re.compile(
    r"\"(?P<q>[^\"]+\.\w{2,7})\"|'(?P<s>[^']+\.\w{2,7})'|`(?P<b>[^`]+\.\w{2,7})`|"
    r"(?P<p>(?:[A-Za-z]:\\|~?/|\.{1,2}/)?[\w.+@-]+(?:[/\\][\w.+@-]+)*\.(?:csv|"
    r"parquet|pq|tsv|txt|xlsx?|json|ya?ml|md|pdf|gz|feather|zip|jpe?g|png|bmp|"
    r"tiff?|webp)\b)",
    re.I,
)
JOB = re.compile(r"\b[a-z_]+-(?:\d{3}|[a-z0-9]+)-[0-9a-f]{4,}\b|\bjob[_ -](?:id )?#?(?P<id>[\w-]*\d[\w-]*)", re.I)
VERSION = re.compile(
    r"\b(?:v|ver\.?|version|model|number|no\.?|revision)\s?#?(?P<n>\d{1,4})\b(?!\s*(?:h|hours|min|days|rows))", re.I
)
PAST = re.compile(r"\b(?:last|past|previous|over|for|since|from|of the|during|ago|yesterday)\b", re.I)


def first_named(table: dict[str, str], text: str) -> str | None:
    """The first key of the table whose pattern is in the text."""
    return next((key for key, pattern in table.items() if re.search(pattern, text, re.I)), None)
