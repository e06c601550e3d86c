"""Which task is which where ids were deleted: links before titles, titles before the ids that titles mint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plansync.document import detect
from plansync.document.view import snapshot
from plansync.model import Base, Field, Item, Kind, Snapshot, Uid, Value, is_step, text_of
from plansync.reconcile.pairing import pair
from plansync.uids import Minter

URL = "https://host.example/team/shed/issues"


def shown(plan: str) -> Snapshot:
    return snapshot(detect.read(plan.encode()), "shed").items


def known(tasks: dict[str, str]) -> tuple[Base, Snapshot]:
    """Remember tasks, uid → title; each has the issue whose number is its place."""
    local = {Uid(u): Item(Uid(u), Kind.TASK, {Field.TITLE: t, Field.STEPS: ()}) for u, t in tasks.items()}
    remote = {
        u: Item(u, Kind.TASK, {Field.TITLE: i.fields[Field.TITLE], Field.LINK: f"#{n} {URL}/{n}"}, at=n)
        for n, (u, i) in enumerate(local.items(), 1)
    }
    return Base(local, remote, local), remote


def paired(plan: str, tasks: dict[str, str]) -> dict[str, str]:
    """Pair a plan with what is known; title → uid."""
    base, remote = known(tasks)
    local, _ = pair(base, shown(plan), remote)
    return {text_of(i, Field.TITLE): u for u, i in local.items() if not is_step(u) and i.kind is Kind.TASK}


def minted(title: str) -> str:
    return Minter().mint("", title)


def link(number: int) -> str:
    return f" [#{number}]({URL}/{number})"


def test_a_link_tells_more_than_titles() -> None:
    plan = f"- [ ] Level{link(1)}\n- [ ] Dig{link(2)}\n"

    assert paired(plan, {"m5n7p2r": "Dig", "w8x4q5z": "Level"}) == {"Level": "m5n7p2r", "Dig": "w8x4q5z"}


def test_a_link_into_another_repository_is_its_authors() -> None:
    plan = "- [ ] Paint [#1](https://host.example/other/one/issues/1)\n- [ ] Level\n"

    names = paired(plan, {"m5n7p2r": "Dig", "w8x4q5z": "Level"})

    assert names == {"Paint": minted("Paint"), "Level": "w8x4q5z"}


def test_a_link_that_stands_on_two_tasks_tells_nothing() -> None:
    plan = f"- [ ] Fence{link(1)}\n- [ ] Gate{link(1)}\n"

    assert paired(plan, {"m5n7p2r": "Dig"}) == {"Fence": minted("Fence"), "Gate": minted("Gate")}


def test_a_title_tells_more_than_the_id_that_it_mints() -> None:
    """The task first called "Dig" is called "Level" now; a new one took over the old title."""
    dig = minted("Dig")

    names = paired("- [ ] Level\n- [ ] Dig\n", {dig: "Level"})

    assert names["Level"] == dig
    assert names["Dig"] not in (dig, "Level")


def test_a_task_that_lost_its_title_to_another_gets_a_new_id_that_any_copy_makes() -> None:
    dig, level = minted("Dig"), minted("Level")

    names = paired("- [ ] Level\n- [ ] Dig\n- [ ] Fence\n", {dig: "Level", level: "Fence"})

    assert (names["Level"], names["Fence"]) == (dig, level)
    assert len(set(names.values())) == 3
    assert names == paired("- [ ] Level\n- [ ] Dig\n- [ ] Fence\n", {dig: "Level", level: "Fence"})


def test_a_title_that_was_only_changed_keeps_the_id_that_another_title_of_it_minted() -> None:
    dig = minted("Dig")

    assert paired("- [ ] Dig\n- [ ] Level\n", {dig: "Dig the hole"}) == {"Dig": dig, "Level": minted("Level")}


@pytest.mark.parametrize("titles", [("Dig", "Level", "Dig"), ("Dig", "Dig", "Dig")])
def test_no_two_tasks_ever_get_one_id(titles: tuple[str, ...]) -> None:
    minter = Minter()
    first, second = minter.mint("", "Dig"), minter.mint("", "Dig")
    base, remote = known({first: "Level", second: "Dig"})
    plan = "".join(f"- [ ] {t}\n" for t in titles)

    local, _ = pair(base, shown(plan), remote)

    assert len([i for i in local.values() if i.kind is Kind.TASK]) == len(titles)


# ------------------------------------------------------------------ renamed phases

PHASES = "# Shed\n\n## {one}\n\n- [ ] Dig\n- [ ] Level\n\n## {other}\n\n- [ ] Paint\n"


def phases(then: str, now: str) -> dict[str, str]:
    """Pair a plan after a phase was renamed with what it was before; title of the phase → title before, or its uid."""
    base = shown(then)
    there = {u: i for u, i in base.items() if i.kind in (Kind.TASK, Kind.PHASE)}
    local, _ = pair(Base(base, there, base), shown(now), there)
    before = {u: text_of(i, Field.TITLE) for u, i in base.items()}
    return {text_of(i, Field.TITLE): before.get(u, "new") for u, i in local.items() if i.kind is Kind.PHASE}


def test_a_renamed_phase_is_the_one_in_which_its_tasks_stood() -> None:
    then = PHASES.format(one="Phase 1: Ground", other="Phase 2: Walls")
    now = PHASES.format(one="Phase 1: Garden", other="Phase 2: Walls")

    assert phases(then, now) == {"Phase 1: Garden": "Phase 1: Ground", "Phase 2: Walls": "Phase 2: Walls"}


def test_a_new_phase_into_which_a_task_moved_is_new_while_the_old_one_is_there() -> None:
    then = PHASES.format(one="Phase 1: Ground", other="Phase 2: Walls")
    now = f"{then}\n## Phase 3: Roof\n\n- [ ] Slate\n".replace("- [ ] Level\n", "").replace("Slate", "Level")

    assert phases(then, now)["Phase 3: Roof"] == "new"


def test_a_phase_that_was_renamed_before_it_lost_its_id_is_known_by_its_title_whatever_stands_in_it() -> None:
    items = shown(PHASES.format(one="Phase 1: Ground", other="Phase 2: Walls"))
    first = next(u for u, i in items.items() if text_of(i, Field.TITLE) == "Phase 1: Ground")
    fields = {**items[first].fields, Field.TITLE: "Phase 1: Garden"}
    base = {**items, first: replace(items[first], fields=fields)}
    there = {u: i for u, i in base.items() if i.kind in (Kind.TASK, Kind.PHASE)}
    now = "# Shed\n\n## Phase 1: Garden\n\n- [ ] Dig\n- [ ] Paint\n\n## Phase 2: Walls\n\n- [ ] Level\n"

    local, _ = pair(Base(base, there, base), shown(now), there)

    assert text_of(local[first], Field.TITLE) == "Phase 1: Garden"


# ------------------------------------------------------------------ what another copy of the plan made

PHASE = Uid("p3h5k7m")


def made(tasks: dict[str, tuple[str, str]], phase: str = "") -> Snapshot:
    """Show issues of another copy, uid → title and step, in a milestone where a phase's title is given."""
    there: dict[Uid, Item] = (
        {Uid(PHASE): Item(PHASE, Kind.PHASE, {Field.TITLE: phase}, at=1)} if phase else {}
    )
    for number, (name, (title, text)) in enumerate(tasks.items(), 1):
        uid = Uid(name)
        step = Item(Uid(f"{uid}/~0"), Kind.STEP, {Field.TEXT: text, Field.TICK: "open"}, 0)
        fields: dict[Field, Value] = {Field.TITLE: title, Field.STEPS: (step.uid,)}
        fields[Field.LINK] = f"#{number} {URL}/{number}"
        fields |= {Field.PHASE: PHASE} if phase else {}
        there |= {step.uid: step, uid: Item(uid, Kind.TASK, fields, at=number)}
    return there


def begun(*uids: str) -> Base:
    """Remember ids alone, as a first push does before it makes anything."""
    return Base({Uid(uid): Item(Uid(uid), Kind.TASK, {}) for uid in uids}, {}, {})


def tasks_of(side: Snapshot) -> dict[str, str]:
    return {text_of(i, Field.TITLE): u for u, i in side.items() if i.kind is Kind.TASK}


@pytest.mark.parametrize(
    ("title", "step"), [("Dig", "Mark out"), ("Dig", "Something else"), ("Dig a hole", "Mark out")]
)
def test_a_marked_task_without_an_issue_is_the_one_that_another_copy_made_under_another_id(
    title: str, step: str
) -> None:
    plan = "- [ ] Dig <!-- plansync:w8x4q5z -->\n  - [ ] Mark out\n"

    local, _ = pair(begun("w8x4q5z"), shown(plan), made({"m5n7p2r": (title, step)}))

    assert tasks_of(local) == {"Dig": "m5n7p2r"}


def test_a_marked_task_that_has_an_issue_is_nothing_but_itself() -> None:
    plan = "- [ ] Dig <!-- plansync:w8x4q5z -->\n  - [ ] Mark out\n"
    remote = made({"m5n7p2r": ("Dig", "Mark out"), "w8x4q5z": ("Dig", "Mark out")})

    local, _ = pair(begun("w8x4q5z"), shown(plan), remote)

    assert tasks_of(local) == {"Dig": "w8x4q5z"}


def test_a_marked_task_is_not_guessed_between_two_of_another_copy() -> None:
    plan = "- [ ] Dig <!-- plansync:w8x4q5z -->\n  - [ ] Mark out\n"
    remote = made({"m5n7p2r": ("Dig", "Mark out"), "k4k4k4k": ("Dig", "Mark out")})

    local, _ = pair(begun("w8x4q5z"), shown(plan), remote)

    assert tasks_of(local) == {"Dig": "w8x4q5z"}


def test_an_id_that_is_remembered_alone_does_not_hide_what_its_issue_is_called() -> None:
    plan = "- [ ] Dig\n  - [ ] Wholly new\n"

    local, _ = pair(begun("m5n7p2r"), shown(plan), made({"m5n7p2r": ("Dig", "Mark out")}))

    assert tasks_of(local) == {"Dig": "m5n7p2r"}


def test_steps_tell_a_task_in_whatever_order_they_stand() -> None:
    base, remote = known({"m5n7p2r": "Dig"})
    texts = ("Mark out", "Lift")
    steps = {
        Uid(f"m5n7p2r/{n}"): Item(Uid(f"m5n7p2r/{n}"), Kind.STEP, {Field.TEXT: t})
        for n, t in enumerate(texts)
    }
    task = Item(Uid("m5n7p2r"), Kind.TASK, {Field.TITLE: "Dig", Field.STEPS: tuple(steps)})
    base = Base({task.uid: task, **steps}, base.remote, {task.uid: task, **steps})

    local, _ = pair(base, shown("- [ ] Excavate\n  - [ ] Lift\n  - [ ] Mark out\n"), remote)

    assert tasks_of(local) == {"Excavate": "m5n7p2r"}


@pytest.mark.parametrize("marker", ["", " <!-- plansync:n8n8n8n -->"])
def test_a_renamed_phase_is_the_milestone_in_which_its_issues_are(marker: str) -> None:
    plan = f"# Shed\n\n## Phase 1: Groundwork{marker}\n\n### Task 1.1: Dig\n\n- [ ] Mark out\n\n## Phase 2: Roof\n"

    local, _ = pair(Base({}, {}, {}), shown(plan), made({"m5n7p2r": ("Dig", "Mark out")}, "Phase 1: Ground"))

    assert text_of(local[PHASE], Field.TITLE) == "Phase 1: Groundwork"
    assert local[Uid("m5n7p2r")].fields[Field.PHASE] == PHASE


def test_what_a_person_says_to_be_one_task_is_one() -> None:
    plan = "- [ ] Excavate <!-- plansync:w8x4q5z -->\n"
    remote = made({"m5n7p2r": ("Dig", "Mark out")})

    local, _ = pair(begun("w8x4q5z"), shown(plan), remote, told={Uid("w8x4q5z"): Uid("m5n7p2r")})

    assert tasks_of(local) == {"Excavate": "m5n7p2r"}
