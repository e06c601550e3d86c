"""The numbers of people: GitLab gives an issue to numbers, and a plan names accounts."""

from __future__ import annotations

from collections.abc import Iterable

from plansync.trackers.gitlab_door import Door
from plansync.trackers.gitlab_payloads import Account


class People:
    """Members of the project, asked for one by one, each once; and whoever an answer showed."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: dict[str, int | None] = {}

    async def id(self, login: str) -> int | None:
        """Find the number of a member of the project or of a group above; `None` where nobody has that name."""
        name = login.casefold()
        if name not in self._known:
            found = None
            async for answer in self._door.pages("members/all", {"query": login, "per_page": 100}):
                for each in self._door.read_all(Account, answer):
                    if each.username.casefold() == name and each.state == "active":
                        found = each.id
            self._known[name] = found
        return self._known[name]

    async def ids(self, logins: Iterable[str]) -> list[int]:
        """Find the numbers of several; who is no member is left out, as the tracker would."""
        found = [await self.id(login) for login in logins]
        return [each for each in dict.fromkeys(found) if each is not None]

    def learn(self, accounts: Iterable[Account]) -> None:
        """Remember whom an issue is given to."""
        self._known |= {each.username.casefold(): each.id for each in accounts}
