"""What the form of a clause tells of its intent, where wording decides beyond doubt."""

import re

from agent.brains.offline.clauses import STARTS
from agent.brains.offline.intents import Guess
from agent.brains.offline.sensors import SensorWords, speaks_of_a_sensor
from agent.brains.offline.slots import fill, paths
from agent.brains.offline.vocabulary import ACTIONS, JOB, RATED, TARGETS, first_named
from agent.brains.offline.words import Words
from machine_profiles.reading import Catalog
from models.datasheet import KIND_WORDS

SURE = 0.38  # below it the person is asked; chosen on held-back paraphrases
LIKELY, MOSTLY_A_READ = 0.25, 0.6  # for a read of a machine that is named: its own probability, and of all such reads
READS = ("describe_machine", "query_telemetry", "predict_health", "explain_fault", "forecast_sensor", "check_drift")
NO_SUBJECT = ("off_topic", "smalltalk", "help")  # less likely where a machine is named, below
PLAINLY = 0.75  # of them together
HEARD = 0.002  # from which a clause's leading verb decides
_ORDERS = re.compile(
    rf"^\W*(?:(?:please|then|also|now|just|and|so|can you|could you|would you|i "
    rf"want(?: you)? to|i need(?: you)? to|i'd like(?: you)? to|let's|kindly|go "
    rf"ahead and|ok|okay|finally|first)\W+)*(?P<verb>{STARTS}|i want|i need|i'd "
    rf"like|we need|we want|help)\b",
    re.I,
)
_HEADS = {
    "promote": "promote_model",
    "rollback": "rollback_model",
    "revert": "rollback_model",
    "retrain": "train_models",
    "train": "train_models",
    "export": "export_edge",
    "rank": "rank_fleet",
    "import": "import_telemetry",
    "ingest": "import_telemetry",
    "label": "label_rul",
    "relabel": "label_rul",
    "synthesize": "synthesize_data",
    "synthesise": "synthesize_data",
    "onboard": "onboard_machine",
    "describe": "describe_machine",
    "plot": "query_telemetry",
    "graph": "query_telemetry",
    "chart": "query_telemetry",
    "forecast": "forecast_sensor",
    "log": "log_maintenance",
    "note": "log_maintenance",
    "record": "log_maintenance",
}
_OF_THEM = re.compile(r"\bwhich (?:one|of (?:them|the two|these|those))\b", re.I)


_KINDS = "|".join(KIND_WORDS.values())
_NEW_MACHINE = re.compile(
    rf"\b(?:data ?sheet|profile|onboard\w*|new (?:\w+ ){{0,3}}?(?:machine|asset|{_KINDS}))\b", re.I
)
_TAKE_IT_IN = (
    r".*\b(?:add|register|set|take|include|enter|onboard) (?:it|this|that|them)(?: up| in| on)?\b"
    r"(?! to the (?:\w+ )?(?:log|logbook|book|records?|history|report))"
)
_FORMS = (
    (
        "promote_model",
        r"^\W*(?:ok(?:ay)?,? |then |so |please )*(?:put|bring|switch) (?:the )?(?:best|new|better|challenger|it|that)"
        r"(?: one| version| model)? (?:in|live|in use|into service|in service)\W*$",
    ),
    ("rank_fleet", r"^\W*(?:the )?top ?\d+ by\b"),
    ("describe_machine", r"^\W*(?:and |so )?what(?:'s| is| would be) (?:the )?normal\b"),
    (
        "check_drift",
        r"\b(?:should|shall|must|do|does|would|is it|need)\b.{0,25}\b(?:i|we|it|you|time|worth|need|"
        r"makes? sense)\b.{0,20}"
        r"\bretrain\w*\b.*\?|\bis (?:a )?retraining (?:needed|necessary|due|worth\w*)\b",
    ),
    (
        "check_drift",
        r"\b(?:whether|if)\b.{0,30}\bretrain\w*\W*$|\b(?:whether|if)\b.{0,30}\bretrain\w* (?:it|is|makes?|would|them)\b"
        r"|^(?!.*\bif\b).*\bwhether to (?:re-?train|refresh)\b",
    ),
    (
        "explain_fault",
        r"^\W*(?:please )?(?:diagnose|find) (?:the |a |what )?(?:faults?|problem|trouble|cause|reason)\b",
    ),
    (
        "explain_fault",
        r"\bwhat (?:should|shall|can|must|do|would|could) (?:i|we|you|one) (?:\w+ )?(?:check|look at|inspect|try)"
        r"\b.{0,20}\b(?:on|at|in|with|about|for) (?:it|that one|this one|the machine)\b",
    ),
    (
        "onboard_machine",
        rf"\b(?:add|register|set up|create|include|connect|onboard)\s+"
        rf"(?:(?:a|an|another|our|this|one more)\s+(?:new\s+)?|new\s+)"
        rf"(?:[\w-]+\s+){{0,5}}?(?:{_KINDS}|machine|asset)\b.{{0,80}}\b(?:called|named|name is|sensors?|with)\b",
    ),
    (
        "onboard_machine",
        rf"\b(?:bought|got|have|received|installed|delivered)\b.{{0,15}}\b(?:new|an?|another)\b.{{0,60}}"
        rf"\b(?:{_KINDS}|machine)\b{_TAKE_IT_IN}",
    ),
    (
        "onboard_machine",
        rf"\b(?:new|an?|another)\b(?: [\w-]+){{0,4}} (?:{_KINDS}|machine)\b.{{0,40}}"
        rf"\b(?:arrived|came|delivered|installed|put in|joined|joins)\b{_TAKE_IT_IN}",
    ),
    (
        "work_order",
        r"\b(?:raise|open|create|write|file|close|issue|make|get|put in)\b.{0,20}\b(?:work "
        r"?orders?|tickets?|work requests?|job cards?)\b",
    ),
    ("purchasing", r"\b(?:purchase orders?|requisitions?|quotations?)\b"),
    (
        "rollback_model",
        r"\broll\b.{0,60}\bback\b|\broll-?back\b|\b(?:undo|reverse|take back)\b.{0,30}\b(?:promotion|model)\b",
    ),
    (
        "rollback_model",
        r"\b(?:go|switch|put|bring|take|get|change) (?:\w+ ){0,2}back\b.{0,30}\b(?:model|"
        r"version|one (?:we had )?before|old|previous|former|earlier)\b",
    ),
    ("rollback_model", r"\bmodels?\b.{0,80}\b(?:bring|put|take|get) (?:it|that|this|them) back\b"),
    (
        "predict_health",
        r"^\W*(?:and |so |then |but |ok(?:ay)?,? )*how(?:'s| is| are) "
        r"(?:it|that one|this one|the machine|they|those|these) "
        r"(?:doing|holding up|running|looking|getting on|now)\b|"
        r"^\W*(?:and |so |then |but |ok(?:ay)?,? |well,? )*how(?:'s| is) (?:it|that one|this one|the machine|she|"
        r"he)\W*$",
    ),
    (
        "describe_machine",
        r"\b(?:what|how) (?:all )?(?:can|could|might|may) (?:go wrong|(?:it|the \w+) fail|fail|break)\b",
    ),
)


def by_verb(guess: Guess, text: str) -> Guess:
    """The guess with the intent that the leading verb names first, where the classifier does not rule it out."""
    head = _ORDERS.match(text)
    told = _HEADS.get(re.sub(r"\W", "", head["verb"].lower())) if head else None
    return guess.raised(told) if told and guess.of(told) > HEARD else guess


def settle(guess: Guess, words: Words, catalog: Catalog, image: bool, in_focus: int) -> str | None:
    """Rules for what wording decides beyond doubt; else the likeliest intent, or None where none is likely."""
    text = words.text
    if is_unsafe(text):
        return "unsafe"
    if image or re.search(r"\.(jpe?g|png|bmp|tiff?|webp)\b", text, re.I):
        return "diagnose_image"
    if re.search(r"\.csv\b", text, re.I) and re.search(
        r"\b(?:thermograms?|thermal|infra-?red|temperature matrix|hot ?spots?)\b", text, re.I
    ):
        return "diagnose_image"
    files = paths(text)
    if any(re.search(r"\.(?:ya?ml|pdf|md|txt)$", path, re.I) for path in files) and _NEW_MACHINE.search(text):
        return "onboard_machine"
    if files and guess.of("import_telemetry", "onboard_machine") > 0.2:
        is_data = any(re.search(r"\.(csv|parquet|pq|tsv|xlsx?|gz|feather|json)$", path, re.I) for path in files)
        return "import_telemetry" if is_data or guess.of("import_telemetry") > 0.6 else "onboard_machine"
    if JOB.search(text) and guess.of("get_job", "cancel_job") > 0.15:
        return "cancel_job" if guess.of("cancel_job") > guess.of("get_job") else "get_job"
    if (
        re.search(
            r"\b(?:if|suppose|assum\w+|what if|imagine|say|measured?|measuring|reads?|showing|shows)\b", text, re.I
        )
        and guess.of("predict_health", "query_telemetry", "describe_machine", "explain_fault") > 0.3
    ):
        for mention in words.mentions:
            if len(mention.resolved) == 1 and "readings" in fill("predict_health", words, catalog[mention.resolved[0]]):
                return "predict_health"
    named = [mention for mention in words.mentions if mention.strength and len(mention.resolved) == 1]
    group = any(mention.every and mention.kind for mention in words.mentions)
    if guess.intent == "rank_fleet" and (named or group or (in_focus > 1 and _OF_THEM.search(text))):
        return "predict_health"
    if (
        guess.intent == "list_machines"
        and (group or any(mention.plural and mention.kind for mention in words.mentions))
        and re.search(r"\bhow (?:are|is|do|does)\b|\b(?:ok|okay|fine|healthy|doing)\b", text, re.I)
    ):
        return "predict_health"
    if (
        guess.intent == "compare_models"
        and len(named) >= 2
        and not re.search(r"\b(models?|versions?|champion|challenger)\b", text, re.I)
    ):
        return "predict_health"
    if guess.intent == "list_machines" and named:
        return "describe_machine"
    if (
        guess.intent == "forecast_sensor"
        and not _of_a_sensor(words, catalog)
        and not re.search(r"\b(forecast|project|extrapolat|sensor)", text, re.I)
    ):
        return "predict_health"
    if guess.intent == "forecast_sensor" and _SHOWS.match(text) and not _TO_COME.search(text):
        return "query_telemetry"
    if guess.intent == "train_models" and first_named(TARGETS, words.bare) and guess.of("export_edge") > 0.2:
        return "export_edge"
    if (
        guess.intent == "rank_fleet"
        and in_focus
        and re.search(r"\bhow(?:'s| is| are) (?:they|it|those|these|both)\b", text, re.I)
    ):
        return "predict_health"
    if guess.intent == "log_maintenance" and not _TELLS_OF_WORK.search(text) and first_named(ACTIONS, text) is None:
        guess = guess.without("log_maintenance")
    if guess.intent == "log_maintenance" and _HOW_TO.match(text):
        return "explain_fault"
    if rule := _by_form(text):
        return rule
    if guess.intent == "describe_machine" and _HOW_MUCH.match(text) and _of_a_sensor(words, catalog):
        return "query_telemetry"
    if words.mentions and _HOW_IT_IS.match(text) and not _of_a_sensor(words, catalog):
        return "predict_health"
    if guess.intent in (*READS, *NO_SUBJECT) and _LIFE_LEFT.search(text) and not _OF_THE_MODEL.search(text):
        return "predict_health"
    return _likeliest(guess, bool(named))


def _of_a_sensor(words: Words, catalog: Catalog) -> bool:
    """By an everyday word, or by what a machine it names calls its own sensors."""
    named = {id_ for mention in words.mentions for id_ in mention.choices} if words.mentions else set(catalog)
    return bool(speaks_of_a_sensor(words.bare)) or any(SensorWords(catalog[id_]).found(words.bare) for id_ in named)


def _likeliest(guess: Guess, named: bool) -> str | None:
    """On doubt a read of a machine that is named is better than a question; a change never is."""
    if guess.probability >= SURE:
        return guess.intent
    if named and guess.intent in READS and guess.probability >= LIKELY and guess.of(*READS) >= MOSTLY_A_READ:
        return guess.intent
    return None


def _by_form(text: str) -> str | None:
    for intent, pattern in _FORMS:
        if re.search(pattern, text, re.I):
            return intent
    if re.search(r"\b(?:forecasts?|extrapolate)\b(?! (?:models?|task|version))", text, re.I) and speaks_of_a_sensor(
        text
    ):
        return "forecast_sensor"
    if _WHEN_A_LIMIT.search(text) and speaks_of_a_sensor(text):
        return "forecast_sensor"
    swap = r"\b(?:swap|exchange|replace|switch|change)\b.{0,40}\bmodel\b.{0,20}\b(?:for|with|by|over to|to)\b"
    if re.search(rf"{swap}.{{0,20}}\b(?:best|new|version|challenger|v\d)", text, re.I):
        return "promote_model"
    return None


_HOW_IT_IS = re.compile(
    r"^\W*(?:(?:and|so|then|but|ok(?:ay)?|well|hey|hi|also)\W+)*how(?:'s| is| are| do| does)\b"
    r"(?!.*\b(?:models?|train\w*|jobs?|limits?|drift\w*|data)\b)"
    r"(?:.*\b(?:doing|holding (?:up|out)|getting (?:on|along)|feeling|faring|coping|performing|behaving|looking)\b"
    r"|.* (?:look|feel|fare|stand|sound)\W*$"
    r"|(?: (?:the|our|both|all|of|and|or|two|three|it|they|them|now|today|machine|number|"
    rf"(?:{_KINDS})s?),?)+\W*$)",
    re.I,
)
_HOW_MUCH = re.compile(  # of what is measured, not of what it is rated for
    rf"^\W*(?:and |so )?how (?:much|many|high|low|hot|warm)\b"
    rf"(?!.*\b(?:limits?|alarms?|warning|threshold|rated|ratings?|max\w*|normal|should|may|can|{'|'.join(RATED)})\b)",
    re.I,
)
_LIFE_LEFT = re.compile(
    r"\b(?:rul|remaining (?:useful )?(?:life(?:time)?|hours|time|days))\b"
    r"|\b(?:life|hours|days|weeks|months|time|runtime)\b(?:\s+[\w'-]+){0,5}?"
    r"\s+(?:left|remain(?:s|ing)?|to (?:live|go))\b",
    re.I,
)
_OF_THE_MODEL = re.compile(
    r"\b(?:models?|versions?|accura\w+|errors?|label\w*|train\w*|jobs?|rmse|predictors?|mean(?:s|t)?|definition|"
    r"calculat\w+|comput\w+|rank\w*|stand for|an? rul)\b",
    re.I,
)
_WHEN_A_LIMIT = re.compile(
    r"\bwhen (?:is|are|will|would|does|do)\b.{0,80}\b(?:reach|hit|cross|exceed|pass|run into|go over|get to|touch)\w*\b"
    r".{0,40}\b(?:limit|alarm|warning|threshold)",
    re.I,
)  # fmt: skip
_SHOWS = re.compile(
    r"^\W*(?:please |now |then |and |can you |could you )*(?:show|plot|graph|chart|display|pull up)\b", re.I
)
_TO_COME = re.compile(
    r"\b(?:forecast|predict|project|expect|outlook|extrapolat|will|next|coming|ahead|going to|tomorrow|tonight|future|"
    r"from now|heading|until|by)\w*",
    re.I,
)
_TELLS_OF_WORK = re.compile(
    r"\b(?:log\w*|note\w*|record\w*|enter|entry|book|write|wrote|jot|maintenance|document)\b", re.I
)
_HOW_TO = re.compile(
    r"^\W*(?:and |but |so |please |hey )*how (?:do|to|can|should|would|does) (?:i|we|you|one)?\b", re.I
)


def is_onboarding(text: str) -> bool:
    """Whether it tells of a machine that has come and wants it taken in."""
    return _by_form(text) == "onboard_machine"


def is_statement(text: str) -> bool:
    """Neither an order nor a question."""
    return not text.rstrip().endswith("?") and not _ORDERS.match(text)


def is_unsafe(text: str) -> bool:
    """Defeating a protection, or working on what runs or is live: decided by rule, since a slip here could hurt."""
    defeat = (
        r"\b(?:by-?pass|disabl|overrid|defeat|jumper|bridg|trick|fool|cheat|mute|tape "
        r"over|get (?:past|round|around)|short out|wedge|tie back|hotwir|deactivat|"
        r"block|inhibit|switch off|turn off|remov|take off|without)\w*"
    )
    guard = (
        r"\b(?:interlock|guard|safety|e-?stop|emergency stop|light curtain|door switch|"
        r"overspeed trip|safety trip|\w+ trip|limit switch|pressure switch|safety "
        r"relay|protection|protective|fence|relief valve|safety valve|two-?hand|dead "
        r"man)s?\b"
    )
    work = (
        r"\b(?:clean|greas|lubricat|reach|open|work|repair|adjust|touch|clear|enter|"
        r"remov|weld|tighten|change)\w*\b.{0,60}\b(?:while|with|when|as)\b.{0,30}\b(?:running|"
        r"runs|moving|moves|live|energi[sz]ed|turning|powered|spinning|rotating|in "
        r"automatic)\b"
    )
    done = (
        r"^\W*(?:please |log |note |record )*(?:that )?(?:i|we|he|she|they|the \w+)(?:'ve|"
        r" have| has)? (?:\w+ed|swapped)\b"
    )
    if re.search(done, text, re.I) and not re.search(r"\b(?:bypass|interlock)", text, re.I):
        return False
    return bool(
        re.search(rf"{defeat}\b.{{0,40}}{guard}", text, re.I)
        or re.search(work, text, re.I)
        or re.search(r"\bwithout (?:isolat|lock)\w*", text, re.I)
    )
