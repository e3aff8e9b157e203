"""From a message to orders: each clause's intent, machines and arguments, and what is missing."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from agent.brains.offline.clauses import Clause, clauses
from agent.brains.offline.conditions import CHECKS, about
from agent.brains.offline.dates import ahead
from agent.brains.offline.dependencies import settle_order
from agent.brains.offline.intents import Classifier, Guess
from agent.brains.offline.machine_words import KIND_WORDS
from agent.brains.offline.machines import Machines
from agent.brains.offline.masking import mask
from agent.brains.offline.orders import Missing, Order, Reading, Remark
from agent.brains.offline.referring import Context, machines_meant, places
from agent.brains.offline.sensors import SensorWords, strange_sensor
from agent.brains.offline.slots import fill, job_id, paths
from agent.brains.offline.text import Speller
from agent.brains.offline.topics import horizon_words, question_of, rating_of, topic_of, without_asker
from agent.brains.offline.vocabulary import ACTIONS, first_named
from agent.brains.offline.wording import NO_SUBJECT, PLAINLY, READS, SURE, by_verb, is_onboarding, is_statement, settle
from agent.brains.offline.words import Words, blank
from knowledge_base.embedding import MiniLM
from machine_profiles.profile import Profile
from machine_profiles.reading import Catalog
from models.results import TASKS
from tools.registry import all_tools

NO_TOOL = (
    "smalltalk",
    "help",
    "work_order",
    "purchasing",
    "machine_control",
    "unsafe",
    "off_topic",
    "cancel_job",
)
FACTS = 0.6  # of all readings of a question of fact, together
ASKED_FIRST = 0.15  # by how much surer a statement must be than the question after it
NO_MACHINE = ("list_machines", "rank_fleet", "get_job", "onboard_machine")
ONE_TASK = ("compare_models", "promote_model", "rollback_model")
NOTHING_IN_IT = re.compile(
    r"^\W*(?:hi|hello|hey|please|thanks?|thank you|cheers|ok(?:ay)?|so|well|also|"
    r"and|then|now|but|good morning|morning|right|sorry|great|hi there|hey there|"
    r"listen)*\W*$",
    re.I,
)
_CHANGES = r"(?:ignore|promote|(?:re)?train|roll\s*back|export|import|approve|onboard|deploy|delete|install)"
_REPORTED_ORDER = re.compile(  # what a display, a manual or a mail orders is told, and not asked for
    r"\b(says?|said|saying|reads?|states?|writes?|wrote)\b[:,]?\s*"
    rf"(?:[“\"‘](?=[^”\"’]*\b{_CHANGES}\b)[^”\"’]*[”\"’]|(?:that\s+)?dear assistant\b[^.!?]*"
    rf"|(?=(?-i:[A-Z ]*)\b{_CHANGES}\b)(?-i:[A-Z]{{2,}}(?: [A-Z0-9]{{2,}})+))",
    re.I,
)


class Reader:
    """Reads messages about one catalog's machines."""

    def __init__(self, catalog: Catalog, language: MiniLM) -> None:
        self.catalog, self.machines = catalog, Machines(catalog, language.ranks)
        names = [n for p in catalog.values() for n in (p.name, p.manufacturer, p.model, *p.aliases)]
        names += [sensor.name.replace("_", " ") for p in catalog.values() for sensor in p.sensors]
        self._classifier = Classifier(language)
        models = {word for p in catalog.values() for word in re.findall(r"\b[a-z]{2,3}\b", p.model.lower())}
        told = {word for p in catalog.values() for word in re.findall(r"[a-z]{4,}", p.model_dump_json().lower())}
        numbered = {*KIND_WORDS, "machine", "asset", "unit", *models}
        self._speller = Speller(language, names, self._classifier.terms, numbered, told)
        self.guess = lru_cache(maxsize=2048)(self._classifier.guess)

    def mend(self, text: str) -> str:
        return self._speller.mend(text)

    def words(self, text: str, context: Context) -> Words:
        text = self.machines.without_negated(text)
        mentions = self.machines.mentions(text) or list(places(text, context))
        return Words(text, tuple(mentions), context.now)

    def read(self, message: str, context: Context) -> Reading:
        text = self.mend(_REPORTED_ORDER.sub(r"\1", message))
        parts = self._joined([clause for clause in clauses(text) if not NOTHING_IN_IT.match(clause.text)], context)
        if not parts:
            return Reading(remarks=(Remark("smalltalk", text),))
        orders: list[Order] = []
        remarks: list[Remark] = []
        carried = _Carried(self._only_machine(text, context))
        for part in parts:
            if part.condition and (
                told := machines_meant(self.words(part.condition, context), context, self.machines)[0]
            ):
                carried.take(told)
        for part in parts:
            self._take(part, context, carried, orders, remarks, alone=len(parts) == 1)
        orders = settle_order(_without_asides(orders, remarks))
        if orders or any(remark.intent not in ("smalltalk", "unclear") for remark in remarks):
            remarks = [remark for remark in remarks if remark.intent not in ("smalltalk", "unclear")]
        return Reading(tuple(orders), tuple(remarks), carried.machines)

    def intent(self, words: Words, context: Context) -> Guess:
        """The classifier's guess, with what the clause's form rules out taken away."""
        guess = by_verb(self.guess(mask(words)), words.text)
        if not re.search(r"\b(cancel|abort|terminate|halt|stop|kill|call off|interrupt|end)\b", words.text, re.I):
            guess = guess.without("cancel_job")
        if context.job is None and not re.search(
            r"\b(jobs?|train\w*|retrain\w*|progress|synthesis|export)\b", words.text, re.I
        ):
            guess = guess.without("get_job")
        if not _FLEET.search(words.text):
            guess = guess.without("rank_fleet")
        named = any(mention.strength for mention in words.mentions)
        pointed = bool(context.focus) and _POINTING.search(words.text)
        if (named or pointed) and guess.of(*NO_SUBJECT) < (PLAINLY if named else PLAINLY - 0.2):
            guess = guess.without(*NO_SUBJECT)
        return guess

    def _take(
        self,
        part: Clause,
        context: Context,
        carried: "_Carried",
        orders: list[Order],
        remarks: list[Remark],
        alone: bool,
    ) -> None:
        words = self.words(part.text, context)
        if not alone and _only_names(words):
            named, _ = machines_meant(words, context, self.machines)
            if orders and named and named != carried.machines and all(order.machine_id for order in carried.orders):
                orders += [self.moved(order, machine_id) for order in carried.orders for machine_id in named]
            carried.take(named)
            return
        guess = self.intent(self.words(part.gist or part.text, context), context)
        intent = settle(guess, words, self.catalog, context.image is not None, len(carried.machines or context.group))
        supposes = intent == "query_telemetry" and len(context.focus) == 1 and _WHAT_IF.match(part.text)
        if supposes and "readings" in fill("predict_health", words, self.catalog[context.focus[0]]):
            intent = "predict_health"
        if intent is None and alone and _of_knowledge(guess, words):
            intent = "explain_fault"
        if not alone and intent in NO_SUBJECT and guess.probability < 0.7:
            intent = None
        machines, missing = machines_meant(words, context, self.machines)
        if intent is None:
            carried.take(machines)
            if not alone and orders and not machines and orders[-1].tool == "explain_fault":
                orders[-1] = orders[-1].but(question=f"{orders[-1].args['question'].rstrip(' .?')}, {part.text}")
                return
            if not alone and orders and not machines and not part.text.endswith("?"):
                return
            remarks.append(Remark("unclear", part.text, machines[0] if machines else None, _likely(guess)))
        elif intent in NO_TOOL or intent not in all_tools():
            target = machines or carried.machines or context.focus[:1]
            remarks.append(Remark(intent, part.text, target[0] if target else None))
            carried.take(machines)
        else:
            carried.orders = self._orders(intent, part, words, context, carried, machines, missing, orders)
            orders += carried.orders

    def _joined(self, parts: list[Clause], context: Context) -> list[Clause]:
        """A bare statement ("pump 5 loses pressure,") goes with the order or question that follows it."""
        joined: list[Clause] = []
        for part in _deliveries([replace(part, text=without_asker(part.text)) for part in parts]):
            last = joined[-1] if joined else None
            if last and (subject := self._subject(last, part, context)):
                joined[-1] = replace(part, text=subject)
            elif last and self._only_values(part.text, context):
                joined[-1] = replace(last, text=f"{last.text.rstrip('?.! ')} {part.text}")
            elif last and is_statement(last.text) and not last.later and self._go_together(last, part, context):
                both = f"{last.text.rstrip('.')}, {part.text}"
                joined[-1] = replace(part, text=both, gist=self._clearest(both, part.text, last.text, context))
            else:
                joined.append(part)
        return joined

    def _clearest(self, both: str, asked: str, told: str, context: Context) -> str:
        """Of a statement with what is asked after it, the text whose intent is surest: what is asked, all else equal.

        "The Kaeser runs hot. What would you look at first?" asks after the Kaeser, not after the plant.
        """
        texts = [asked, both, told]
        guesses = [self.intent(self.words(text, context), context) for text in texts]
        about_one = any(mention.strength for mention in self.words(told, context).mentions)
        if guesses[0].intent in ("rank_fleet", "list_machines") and about_one:
            return both
        if guesses[0].intent in NO_SUBJECT and about_one and guesses[2].intent not in NO_TOOL:
            return told if guesses[2].probability >= SURE else both
        best = max(range(len(texts)), key=lambda i: guesses[i].probability)
        return texts[best] if guesses[best].probability > guesses[0].probability + ASKED_FIRST else asked

    def _subject(self, named: Clause, part: Clause, context: Context) -> str | None:
        """A question whose subject was put before it, in one: "the hydraulics, how are they"."""
        words = self.words(named.text, context)
        if not _only_names(words) or part.later or self.words(part.text, context).mentions:
            return None
        said = named.text[words.mentions[0].span.start : words.mentions[-1].span.end]
        named_so = words.mentions[0].strength or re.match(r"(?:the|all|both|every|each)\b", said, re.I)
        the = "" if named_so else "the "
        found = re.sub(_STANDING_IN, lambda _: f"{the}{said}", part.text, count=1, flags=re.I)
        return found if found != part.text else None

    def _only_values(self, text: str, context: Context) -> bool:
        """Whether a clause has a duration and nothing else: "drift on the Haas? last two weeks"."""
        words = self.words(text, context)
        rest = blank(words.bare, [length.span for length in words.lengths])
        return bool(words.lengths) and not re.sub(
            r"\b(?:the|for|over|in|last|past|next|please|or so|give|allow|grant|let|it|that|them|run|spend|at most|"
            r"(?:no|not) more than|up to|max(?:imum)?|time|limit|budget|about|around|is|will do|should do|enough)\b|\W",
            "",
            rest,
            flags=re.I,
        )

    def _go_together(self, statement: Clause, part: Clause, context: Context) -> bool:
        first, second = self.words(statement.text, context), self.words(part.text, context)
        named, other = ({i for m in words.mentions if m.strength for i in m.resolved} for words in (first, second))
        if _only_names(first) or part.later or (named and other and named != other):
            return False
        told = self.intent(first, context)
        if told.intent == "log_maintenance" and told.probability > SURE and first_named(ACTIONS, statement.text):
            return self.intent(second, context).intent == "log_maintenance"
        orders = told.intent in ("train_models", "export_edge", "synthesize_data") and told.probability >= SURE
        return not orders or bool(_STATES.search(statement.text))

    def _orders(
        self,
        tool: str,
        part: Clause,
        words: Words,
        context: Context,
        carried: "_Carried",
        machines: tuple[str, ...],
        missing: Missing | None,
        earlier: list[Order],
    ) -> list[Order]:
        if tool in NO_MACHINE:
            return self._without_machine(tool, part, words, context)
        from_history = False
        if tool == "diagnose_image":
            return self._of_picture(part, words, context, carried, machines, missing, earlier)
        known = machines or carried.machines or context.focus
        if missing is None and not known and tool in ("query_telemetry", "forecast_sensor"):
            machines = self._only_owner(words)
        of_all = not known and _IN_GENERAL.match(words.text)
        if tool == "explain_fault" and not machines and (of_all or not _of_this_machine(words, missing)):
            return [
                self.checked(
                    Order(tool, {"question": question_of(words.text)}, part.text, after=(-1,) if part.later else ())
                )
            ]
        if tool == "predict_health" and not machines and missing is None:
            machines = tuple(id_ for mention in words.mentions if mention.plural for id_ in mention.choices)
        if not machines and missing is None:
            machines = carried.machines
            if not machines and context.focus:
                many = len(context.group) > 1 and _means_all(words.text)
                machines, from_history = context.group if many else context.focus, True
            if from_history and len(machines) > 1 and not _means_all(words.text):
                missing, machines = Missing("machine", "it", machines), ()
            elif not machines:
                missing = Missing("machine")
        carried.take(machines)
        targets: list[str | None] = [*machines] or [None]
        if len(machines) > 6:
            missing, targets = Missing("machine", "all these machines", machines), [None]
        return [
            order
            for machine_id in targets
            for order in self._for_machine(tool, machine_id, part, words, context, missing, from_history, earlier)
        ]

    def _only_owner(self, words: Words) -> tuple[str, ...]:
        """The one machine that has a sensor of the name spoken of: "the gland pressure"."""
        spoken = re.sub(r"\W+", " ", words.bare.lower())
        owners = {
            profile.id
            for profile in self.catalog.values()
            for sensor in profile.sensors
            if re.search(rf"\b{sensor.name.replace('_', ' ')}\b", spoken)
        }
        return tuple(owners) if len(owners) == 1 else ()

    def _for_machine(
        self,
        tool: str,
        machine_id: str | None,
        part: Clause,
        words: Words,
        context: Context,
        missing: Missing | None,
        from_history: bool,
        earlier: list[Order],
    ) -> list[Order]:
        profile = self.catalog[machine_id] if machine_id else None
        args = fill(tool, words, profile)
        if machine_id:
            args = {"machine_id": machine_id, **args}
        if tool == "explain_fault":
            args["question"] = question_of(words.text)
        order = Order(
            tool,
            args,
            part.text,
            missing=missing,
            machine_from_history=from_history,
            condition=part.condition,
            otherwise=part.otherwise,
            check=self._look(part.condition, machine_id, context) if part.condition else {},
            after=(-1,) if part.later else (),
            horizon=horizon_words(words),
            topic=topic_of(words.text),
            rating=rating_of(words.text),
            sensors=tuple(args.get("sensors", ())) or _sensors_of(words, profile),
        )
        if tool == "log_maintenance" and missing is None and (future := ahead(part.text)):
            return [replace(order, missing=Missing("limits", future, why="at: lies ahead"))]
        reads_sensors = tool in ("query_telemetry", "forecast_sensor") and not order.sensors and order.missing is None
        if profile and reads_sensors and (strange := strange_sensor(words.bare)):
            return [replace(order, missing=Missing("sensor", strange, profile.sensor_names))]
        if tool in ONE_TASK:
            trained = next(
                (o for o in reversed(earlier) if o.tool == "train_models" and o.machine_id == machine_id), None
            )
            compared = [o.args["task"] for o in earlier if o.tool in ONE_TASK and o.machine_id == machine_id and o.task]
            wanted = args.pop("task", None) or (list(trained.args.get("tasks", TASKS)) if trained else [])
            wanted = wanted or compared or (list(context.tasks) if len(context.tasks) == 1 else [])
            if not wanted:
                return [replace(order, missing=order.missing or Missing("task"))]
            return [self.checked(replace(order, args={**args, "task": task})) for task in wanted]
        return [self.checked(order)]

    def _of_picture(
        self,
        part: Clause,
        words: Words,
        context: Context,
        carried: "_Carried",
        machines: tuple[str, ...],
        missing: Missing | None,
        earlier: list[Order],
    ) -> list[Order]:
        """A picture needs no machine; one that is named, spoken of before, or pointed at gives its readings."""
        file = context.image or next(iter(paths(words.text)), None)
        shown = machines or carried.machines
        from_history = not shown and len(context.focus) == 1 and bool(_POINTING.search(words.text))
        shown = shown or (context.focus if from_history else ())
        carried.take(machines)
        args = ({"machine_id": shown[0]} if len(shown) == 1 else {}) | ({"image_path": file} if file else {})
        if any(order.tool == "diagnose_image" and order.args.get("image_path") == file for order in earlier):
            return []
        found = Order("diagnose_image", args, part.text, machine_from_history=from_history)
        return [replace(found, missing=missing) if missing else self.checked(found)]

    def _without_machine(self, tool: str, part: Clause, words: Words, context: Context) -> list[Order]:
        args = fill(tool, words, None)
        if tool == "list_machines":
            kind = next((mention.kind for mention in words.mentions if mention.kind), None)
            args = {"kind": kind} if kind else {}
        if tool == "onboard_machine" and "path" not in args:
            wanting = tuple(name for name in ("name", "kind", "sensors") if not args.get(name))
            if wanting:
                return [Order(tool, args, part.text, missing=Missing("new_machine", choices=wanting))]
        if tool == "get_job":
            known = job_id(words.text) or context.job
            return [
                Order(tool, {"job_id": known} if known else {}, part.text, missing=None if known else Missing("job"))
            ]
        if (
            tool == "rank_fleet"
            and "top" not in args
            and re.search(
                r"\b(?:rank|order|sort|list|rate)\w* (?:of )?(?:all|every|the whole|the entire)\b|"
                r"\ball \d* ?machines\b",
                words.text,
                re.I,
            )
        ):
            args["top"] = len(self.catalog)
        return [self.checked(Order(tool, args, part.text, after=(-1,) if part.later else ()))]

    def _look(self, condition: str, machine_id: str | None, context: Context) -> dict[str, Any]:
        """Arguments of the look that judges a condition: how far ahead, or which sensor."""
        words = self.words(condition, context)
        profile = self.catalog[machine_id] if machine_id else None
        what = about(condition)
        return fill(CHECKS[what], words, profile) if what in ("health", "reading") else {}

    def checked(self, order: Order) -> Order:
        """The order with what its tool's own arguments say of it: what is missing, or beyond its limits."""
        if order.missing is None and "machine_id" in order.args and order.machine_id not in self.catalog:
            order = replace(order, missing=Missing("machine", str(order.machine_id)))
        if order.missing:
            return order
        try:
            all_tools()[order.tool].arguments.model_validate(order.args)
        except ValidationError as error:
            fault = error.errors()[0]
            name = str(fault["loc"][0]) if fault["loc"] else ""
            if fault["type"] == "missing" and name in ("action", "path", "image_path", "sensor", "task"):
                return replace(order, missing=Missing(name))  # type: ignore[arg-type]
            return replace(order, missing=Missing("limits", str(fault["input"]), why=f"{name}: {fault['msg']}"))
        return order

    def moved(self, order: Order, machine_id: str) -> Order:
        """The same order for another machine: its sensors by quantity, its note with the other name."""
        args = {**order.args, "machine_id": machine_id}
        old, new = self.catalog[order.args["machine_id"]] if order.machine_id else None, self.catalog[machine_id]
        if old is not None and "sensors" in args:
            twins = [new.primary(old.sensor(name).quantity) for name in args["sensors"]]
            args["sensors"] = [twin.name for twin in twins if twin]
        if old is not None and "sensor" in args:
            twin = new.primary(old.sensor(args["sensor"]).quantity)
            args["sensor"] = twin.name if twin else args["sensor"]
        for text in ("note", "question"):
            for mention in self.machines.mentions(args.get(text, "")):
                args[text] = args[text].replace(mention.said, self.machines.label(machine_id))
        condition = order.condition
        for mention in self.machines.mentions(condition or ""):
            condition = (condition or "").replace(mention.said, self.catalog[machine_id].name)
        return self.checked(replace(order, args=args, condition=condition, missing=None, machine_from_history=False))

    def _only_machine(self, text: str, context: Context) -> tuple[str, ...]:
        """The machine of a message that names just one, for clauses before its name."""
        resolved = {id_ for mention in self.machines.mentions(text) for id_ in mention.resolved}
        return tuple(resolved) if len(resolved) == 1 else ()


_WHAT_IF = re.compile(
    r"\W*(?:and |but |so |ok(?:ay)?,? )?(?:what if|what happens if|suppose|assum\w+|imagine|say)\b", re.I
)
_FLEET = re.compile(
    r"\b(?:which|what|who|whose|where|worst|rank\w*|fleet|plant|machines?|assets?|equipment|kit|everything|everyone|"
    r"every|"
    r"all|any\w*|first|next|top|bottom|most|shortest|least|priorit\w*|attention|order|sort|list|floor|units?|worr\w*|"
    r"trouble|overview|riskiest|weakest|sickest|candidates|we|our|us|things?|urgent\w*|critical)\b",
    re.I,
)


def _deliveries(parts: list[Clause]) -> list[Clause]:
    """What is told of a new machine goes with the order to take it in, up to four clauses later."""
    found: list[Clause] = []
    at = 0
    while at < len(parts):
        for end in range(at + 2, min(at + 6, len(parts) + 1)):
            told = "; ".join(part.text.rstrip(".") for part in parts[at:end])
            if is_onboarding(told) and not is_onboarding(parts[end - 1].text):
                found.append(replace(parts[at], text=told))
                at = end
                break
        else:
            found.append(parts[at])
            at += 1
    return found


def _without_asides(orders: list[Order], remarks: list[Remark]) -> list[Order]:
    """Less what was only told beside an order ("there was a power dip on Saturday"), and less the how of the unsafe."""
    if any(remark.intent == "unsafe" for remark in remarks):
        orders = [order for order in orders if order.tool != "explain_fault"]
    told = [o for o in orders if o.missing and o.missing.slot == "action" and is_statement(o.said)]
    return [order for order in orders if order not in told] if len(told) < len(orders) else orders


_PROCEDURE = re.compile(
    r"\b(?:how (?:do|to|can|should|often)|procedure|lock[- ]?out|tag[- ]?out|before (?:work|open))", re.I
)
_POINTING = re.compile(
    r"^(?:this|that)\b|\b(?:is|was|does|did|caused?|causing|behind|about|with|of) (?:this|that)\b(?! \w+)"
    r"|\b(?:(?:is|was|are|were|does|did|do|has|have|will|why|with|on|about|makes?|let) (?:it|they|them)|"
    r"(?:it|they) (?:is|was|has|had|runs?|are|keeps?|gets?|makes?|went|trips?|leaks?)"
    r"|its|it's|that one|the machine|the (?:cause|reason|fault|problem|alarm)"
    r"|what'?s wrong|what is wrong)\b",
    re.I,
)
_IN_GENERAL = re.compile(  # "why do bearings overheat", but not "why is it hot"
    r"\W*(?:and |but |so )?why (?:(?:do|are|can|will|would|must|should) )?(?:(?:new|old|worn|some|most) )?"
    r"(?!this\b|its\b|is\b|does\b|was\b|has\b)[a-z]{3,}s\b",
    re.I,
)
_STANDING_IN = r"\b(?:it|they|them|she|he|those|these|that one|this one)\b"
_STATES = re.compile(r"\b(?:is|isn't|are|was|were|looks|seems|sounds|feels|got|has been)\b", re.I)


@dataclass
class _Carried:
    """What one clause hands to the next."""

    machines: tuple[str, ...] = ()
    orders: list[Order] = field(default_factory=list)

    def take(self, machines: tuple[str, ...]) -> None:
        if machines:
            self.machines = machines


def _only_names(words: Words) -> bool:
    rest = re.sub(
        r"\b(?:the|our|and|for|about|on|regarding|re|with|to|what|how|also|too|as "
        r"well|please|same)\b",
        "",
        words.bare,
        flags=re.I,
    )
    return bool(words.mentions) and not re.search(r"\w", rest)


def _of_this_machine(words: Words, missing: Missing | None) -> bool:
    """Whether a question of cause is about one machine of the plant, and not about machines in general."""
    if missing is not None and missing.why == "unknown":
        return True
    if any(
        re.search(r"\b(?:the|our|my|this|that)\s+$", words.text[: m.span.start], re.I)
        or re.match(r"(?:the|our|my|this|that)\b", m.said, re.I)
        for m in words.mentions
    ):
        return not _PROCEDURE.search(words.text)
    return bool(_POINTING.search(words.text) or re.match(r"\W*(?:and |but |so )?(?:why|how come)\b", words.text, re.I))


def _means_all(text: str) -> bool:
    return bool(re.search(r"\b(?:both|all|them|they|these|those|each|their|which one|which of)\b", text, re.I))


def _of_knowledge(guess: Guess, words: Words) -> bool:
    """Whether it asks for a fact about things that are no machine here: the documents tell whether they know it."""
    asks = re.match(r"\W*(?:what|which|how (?:much|many|often|long|far|big|high|hot|tight))\b", words.text, re.I)
    named = words.mentions or _POINTING.search(words.text) or re.search(_STANDING_IN, words.text, re.I)
    return bool(asks) and not named and guess.of("off_topic", "purchasing", "list_machines", *READS) > FACTS


def _likely(guess: Guess) -> tuple[str, ...]:
    return tuple(intent for intent, probability in guess.ranked[:3] if probability > 0.08 and intent in all_tools())


def _sensors_of(words: Words, profile: Profile | None) -> tuple[str, ...]:
    return tuple(sensor.name for _, sensor in SensorWords(profile).found(words.bare)) if profile else ()
