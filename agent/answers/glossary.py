"""What the words of the answers mean."""

import re

_TERMS = {
    r"rul|remaining useful life": "RUL, the remaining useful life, is how many operating hours a machine is expected "
    "to "
    "run before it fails. It comes with an interval, and where it says “at least”, the model has seen no longer "
    "labels.",
    r"anomaly score|anomaly": "The anomaly score says how unusual the readings are for this very machine, from nothing "
    "to fully strange, with load and weather allowed for. It names no fault and no time; it says: look.",
    r"chance of failure|failure probability|probability of failure": "The chance of failure is the estimated share of "
    "machines in this condition that fail within the time asked about. It is an estimate from past lives, no "
    "certainty.",
    r"average precision": "Average precision says how well a model puts machines that are about to fail before those "
    "that are not, over all thresholds. The constant beside it is what guessing would reach.",
    r"rmse|mean absolute error|mae": "RMSE says by how many hours a model's RUL is off on lives it had not seen, large "
    "errors counting most. Lower is better.",
    r"r2|r²|r squared|r-squared": "R² says how much of the variation between lives a model explains, on lives it had "
    "not seen. Higher is better, and a constant explains nothing.",
    r"f1|f1 score": "F1 weighs missed failures and false alarms together. Higher is better.",
    r"brier(?: score)?|calibration error|ece": "It says how far stated chances are from what then happened. "
    "Lower is better.",
    r"auroc|auc": "AUROC says how well a score tells failing machines from sound ones, whatever the threshold. "
    "Higher is better.",
    r"mase": "MASE compares a forecast's error with that of simply repeating the last value. Lower is better.",
    r"challenger": "A challenger is a trained model version that is not in service: it answers nobody until a person "
    "puts it there.",
    r"champion|in service": "The model in service (the champion) is the version that answers. It changes only when a "
    "person approves it.",
    r"drift": "Drift means that the readings are no longer like those before, more than load and weather explain: the "
    "machine is wearing, a sensor is off, or the process has changed.",
    r"censored|censoring": "A life is censored where the record ends before the machine failed: it lasted at least so "
    "long, and how much longer is not known.",
    r"cap|label cap": "The cap is where RUL labels are cut off: far from failure a machine shows nothing, so a model "
    "learns “at least this long” there.",
    r"int8|fp16|fp32|precision|quanti[sz]ation": "It is how finely a model's numbers are kept on a small computer: "
    "full, "
    "half or integer precision. A bundle is checked against the original before it is handed out.",
    r"gates?": "Gates are what a model version must pass before it goes into service: it beats a constant, is not "
    "worse "
    "than the one there, and loads and answers.",
    r"ctgan|tvae|gaussian copula|copula|par": "It is a way to make synthetic rows that look like the recorded ones. "
    "The "
    "report of each data set says how alike they are; models are still judged on recorded lives only.",
    r"synthetic(?: data)?": "Synthetic data is made by a model of the recorded data, not measured. It can help "
    "training; "
    "models are judged on recorded lives only.",
}  # fmt: skip
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|but|sorry|hm+)[\s,]+)*(?:what(?:'s| is| are| does| do)|explain|define|meaning of|"
    r"what do you mean (?:by|with))\s+(?:by |with )?(?:the |a |an |this |that |those |"
    r"these )?[\"“']?(?P<term>[\w² -]+?)"
    r"[\"”']?(?:\s+(?:mean|means|stand for|again|exactly|here|anyway|in plain (?:words|english)))*\W*$",
    re.I,
)


def explain_term(text: str) -> str | None:
    """A question for the meaning of one of our words, answered; None for anything else."""
    asked = _ASKS.match(text.strip())
    if asked is None:
        return None
    term = asked["term"].strip().lower()
    return next((said for pattern, said in _TERMS.items() if re.fullmatch(rf"(?:{pattern})s?", term, re.I)), None)
