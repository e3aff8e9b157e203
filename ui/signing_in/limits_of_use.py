"""How often one may try and ask: counted in this process by account, address and person."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

TRIES_AN_ACCOUNT = RateLimitItemPerMinute(5)
TRIES_AN_ADDRESS = RateLimitItemPerMinute(20)
REQUESTS_A_PERSON = RateLimitItemPerMinute(600)


class Limits:
    def __init__(self) -> None:
        self._tries = MovingWindowRateLimiter(MemoryStorage())
        self._requests = SlidingWindowCounterRateLimiter(MemoryStorage())

    def may_try(self, account: str, address: str) -> bool:
        """Count an attempt to sign in; False where it is one too many."""
        by_address = self._tries.hit(TRIES_AN_ADDRESS, "address", address)
        return self._tries.hit(TRIES_AN_ACCOUNT, "account", account[:64]) and by_address

    def may_show_token(self, address: str) -> bool:
        """Whether this address has not shown too many wrong tokens."""
        return self._tries.test(TRIES_AN_ADDRESS, "token", address)

    def wrong_token(self, address: str) -> None:
        self._tries.hit(TRIES_AN_ADDRESS, "token", address)

    def may_ask(self, person: str) -> bool:
        return self._requests.hit(REQUESTS_A_PERSON, person)
