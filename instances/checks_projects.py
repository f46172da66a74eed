"""What must hold for projects."""

from __future__ import annotations

from collections.abc import Mapping

from zonevest.instances.context import Context, advise, given
from zonevest.instances.faults import some
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import say
from zonevest.instances.schema import CLASS_GROUPS
from zonevest.instances.study import items
from zonevest.instances.tables import Typed

FORMS = {"practice": "practices", "zone": "zones", "class_group": ""}


def check_projects(study: Context) -> None:
    """Windows, pools, requirements and sets of projects can be kept."""
    projects = study.rows("projects")
    if projects is None:
        return
    check_window(study, projects)
    _pools(study, projects)
    _footprints(study, projects)
    _pairs(study, projects)
    if "deliverability" not in projects.broken:
        at = [i for i, share in enumerate(projects.number("deliverability").tolist()) if share == 0]
        must = rule("projects.deliverability")
        study.tell(projects, at, "deliverability", must)
    if study.readable("projects", "project", "requires") and not _cycles(study, projects):
        _sets(study, projects)
        _mandatory(study, projects)


def check_synergies(study: Context) -> None:
    """Two projects bring more together, on an account that books amounts, each pair once."""
    table, accounts = study.rows("synergies"), study.tables["accounts"]
    if table is None or table.broken & {"project", "with", "account"}:
        return
    one, other, names = table.text("project"), table.text("with"), table.text("account")
    everyone = range(table.size)
    at = [i for i in everyone if one[i] and one[i] == other[i]]
    study.tell(table, at, "with", rule("synergies.itself"))
    if not accounts.broken & {"account", "family", "recurrence"}:
        family = dict(zip(accounts.text("account"), accounts.text("family"), strict=True))
        own = study.accounts.own
        at = [i for i in everyone if names[i] in own and (own[names[i]] == "stock" or family[names[i]] == "uplift")]
        must = rule("synergies.account")
        study.tell(table, at, "account", must, found=lambda i: repr(names[i]))
    projects = study.rows("projects")
    if projects is not None and not projects.broken & {"project", "exclusive_set"}:
        sets = dict(zip(projects.text("project"), projects.text("exclusive_set"), strict=True))
        at = [i for i in everyone if sets.get(one[i]) and sets.get(one[i]) == sets.get(other[i])]
        must = rule("synergies.exclusive")
        study.tell(table, at, "with", must)
    first: dict[tuple[frozenset[str], str], str] = {}
    again = []
    for i in everyone:
        key = frozenset((one[i], other[i])), names[i]
        if first.setdefault(key, one[i]) != one[i]:  # in the same order, the key of the table tells
            again.append(i)
    must = rule("synergies.twice")
    study.tell(table, again, "with", must)


def check_window(study: Context, table: Typed) -> None:
    """`earliest` is not after `latest`."""
    if study.periods is None or table.broken & {"earliest", "latest"}:
        return
    place = {period.name: at for at, period in enumerate(study.periods)}
    first, last = table.text("earliest"), table.text("latest")
    at = [i for i in range(table.size) if place.get(first[i], -1) > place.get(last[i], len(place))]
    must = rule("columns.window")
    study.tell(
        table, at, "earliest", must, found=lambda i: say("{first!r} after {last!r}", first=first[i], last=last[i])
    )


def _pools(study: Context, projects: Typed) -> None:
    """`min_area_of` can be read and names something that is there."""
    if "min_area_of" in projects.broken:
        return
    cells = projects.text("min_area_of")
    must = rule("projects.pool-form")
    odd, lost, known = [], [], set[str]()
    for i, cell in enumerate(cells):
        form, _, name = cell.partition(":")
        if cell and (form not in FORMS or not name):
            odd.append(i)
        elif cell:
            names = study.ids(FORMS[form]) if FORMS[form] else CLASS_GROUPS
            if names is not None and name not in names:
                lost.append(i)
                known |= {f"{form}:{each}" for each in names}
    study.tell(projects, odd, "min_area_of", must)
    do = advise([cells[i] for i in lost], known, advice("projects.pool"))
    must = rule("projects.pool")
    study.tell(projects, lost, "min_area_of", must, do)


def _footprints(study: Context, projects: Typed) -> None:
    """The practice that a footprint asks for lies in one of the zones that it admits."""
    practices = study.rows("practices")
    if practices is None or not study.readable("practices", "practice", "zone"):
        return
    if not study.readable("projects", "footprint_practice", "footprint_zones"):
        return
    zone_of = dict(zip(practices.text("practice"), practices.text("zone"), strict=True))
    practice, zones = projects.text("footprint_practice"), projects.text("footprint_zones")
    at = [
        i
        for i in range(projects.size)
        if zones[i]
        and practice[i] in zone_of
        and set(items(zones[i])).isdisjoint(study.lineage.get(zone_of[practice[i]], [zone_of[practice[i]]]))
    ]

    def found(i: int) -> str:
        return say(
            "{practice!r} lies in {zone!r}, footprint_zones are {zones!r}",
            practice=practice[i], zone=zone_of[practice[i]], zones=zones[i],
        )  # fmt: skip

    must = rule("projects.footprint")
    study.tell(projects, at, "footprint_practice", must, found=found)


def _pairs(study: Context, projects: Typed) -> None:
    """Columns that mean nothing alone have their other half."""

    def filled(column: str) -> list[bool]:
        is_number = projects.table.column(column).kind == "number"
        return given(projects, column) if is_number else [cell != "" for cell in projects.text(column)]

    for column, needs in (
        ("min_area", "min_area_of"),
        ("min_area_of", "min_area"),
        ("footprint_zones", "footprint"),
        ("footprint_practice", "footprint"),
        ("enables_area", "enables"),
    ):
        if not projects.broken & {column, needs}:
            one, other = filled(column), filled(needs)
            at = [i for i in range(projects.size) if one[i] and not other[i]]
            must = rule("columns.needs", column=column, needs=needs)
            study.tell(projects, at, column, must)
    if not projects.broken & {"capex", "build_years"}:
        capex, years = projects.number("capex").tolist(), projects.number("build_years").tolist()
        at = [i for i in range(projects.size) if capex[i] and years[i] == 0]
        must = rule("projects.build-years")
        study.tell(projects, at, "build_years", must)


def _requires(projects: Typed) -> dict[str, list[str]]:
    names = projects.text("project")
    return {name: items(cell) for name, cell in zip(names, projects.text("requires"), strict=True)}


def _cycles(study: Context, projects: Typed) -> bool:
    """No project requires itself, directly or through others; returns whether one does."""
    requires = _requires(projects)
    # what is left after taking away, again and again, projects that require nothing left: cycles and what hangs on them
    left = set(requires)
    while True:
        free = {name for name in left if left.isdisjoint(requires[name])}
        if not free:
            break
        left -= free
    if not left:
        return False
    at = [i for i, name in enumerate(projects.text("project")) if name in _loop(left, requires)]
    must = rule("projects.circle")
    study.tell(projects, at, "requires", must)
    return True


def _loop(left: set[str], requires: Mapping[str, list[str]]) -> set[str]:
    """Of projects with cycles among them, those on one."""
    on = set()
    for name in left:
        reached, edge = set[str](), [each for each in requires[name] if each in left]
        while edge:
            here = edge.pop()
            if here not in reached:
                reached.add(here)
                edge += [each for each in requires[here] if each in left]
        if name in reached:
            on.add(name)
    return on


def _sets(study: Context, projects: Typed) -> None:
    """Sets of which one project at most may start do not hold two that must start together, or in turn, or at all."""
    if projects.broken & {"exclusive_set", "bundle", "mandatory", "requires_lag"}:
        return
    names, alone, bundle = (projects.text(column) for column in ("project", "exclusive_set", "bundle"))
    set_of = dict(zip(names, alone, strict=True))
    bundle_of = dict(zip(names, bundle, strict=True))
    requires, lag = _requires(projects), projects.number("requires_lag").tolist()
    together = rule("projects.bundle-set")
    one = rule("projects.mandatory-set")
    mandatory = ["1" if flag else "" for flag in projects.flag("mandatory").tolist()]
    for column, cells, must in (("bundle", bundle, together), ("mandatory", mandatory, one)):
        groups: dict[tuple[str, str], list[int]] = {}
        for i in range(projects.size):
            if alone[i] and cells[i]:
                groups.setdefault((alone[i], cells[i]), []).append(i)
        for at in groups.values():
            if len(at) > 1:
                found = say("{projects} in {set!r}", projects=some(names[i] for i in at), set=alone[at[0]])
                study.faults.add(projects.where(at, column), must, found)
    at = [
        i for i, name in enumerate(names) if alone[i] and any(set_of.get(each) == alone[i] for each in requires[name])
    ]
    study.tell(projects, at, "requires", rule("projects.requires-set"))
    at = [
        i
        for i, name in enumerate(names)
        if bundle[i] and lag[i] > 0 and any(bundle_of.get(each) == bundle[i] for each in requires[name])
    ]
    must = rule("projects.requires-bundle")
    study.tell(projects, at, "requires_lag", must)


def _mandatory(study: Context, projects: Typed) -> None:
    """Every mandatory project has a period in which it can start."""
    broken = {"mandatory", "build_years", "earliest", "latest", "requires_lag", "bundle", "footprint"} & projects.broken
    if study.periods is None or broken or not projects.flag("mandatory").any():
        return
    names = projects.text("project")
    own = _own_starts(study, projects)
    starts = _joint_starts(study, projects, own)
    at = [i for i, name in enumerate(names) if projects.data["mandatory"][i] and not starts[name]]
    line = _off_line(study, projects)

    def why(i: int) -> str:
        name = names[i]
        if name in line:
            return say("{project}: its footprint lies on {line}", project=name, line=line[name])
        if own[name]:
            return say("{project}: what it requires or is bundled with starts too late", project=name)
        return say("{project}: none", project=name)

    must = rule("projects.mandatory-window")
    study.tell(projects, at, "mandatory", must, found=why)


def _own_starts(study: Context, projects: Typed) -> dict[str, set[int]]:
    """Periods in which a project could start if it were alone."""
    periods = study.periods or ()
    flows = study.rows("project_flows")
    once: dict[str, float] = {}
    if flows is not None and not flows.broken & {"project", "basis", "start_year"}:
        rows = zip(flows.text("project"), flows.text("basis"), flows.number("start_year").tolist(), strict=True)
        for name, basis, year in rows:
            if basis == "once":
                once[name] = max(once.get(name, 0.0), year)
    place = {period.name: at for at, period in enumerate(periods)}
    line = _off_line(study, projects)
    first, last = projects.text("earliest"), projects.text("latest")
    years = projects.number("build_years").tolist()
    end = periods[-1].last if periods else 0
    begun = place.get(study.settings.begun, -1) + 1 if study.settings is not None else 0
    out = {}
    for i, name in enumerate(projects.text("project")):
        window = range(place.get(first[i], 0), place.get(last[i], len(periods) - 1) + 1)
        known = projects.data["mandatory"][i] and first[i] == last[i] != ""
        window = window if known else range(max(window.start, begun), window.stop)
        latest_year = end - max(years[i] - 1, once.get(name, 0.0))
        out[name] = {at for at in window if periods[at].start <= latest_year} if name not in line else set()
    return out


def _joint_starts(study: Context, projects: Typed, own: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """Periods in which a project could start given what it requires and is bundled with."""
    periods = study.periods or ()
    requires, starts = _requires(projects), {name: set(each) for name, each in own.items()}
    lag = dict(zip(projects.text("project"), projects.number("requires_lag").tolist(), strict=True))
    bundles: dict[str, list[str]] = {}
    for name, bundle in zip(projects.text("project"), projects.text("bundle"), strict=True):
        if bundle:
            bundles.setdefault(bundle, []).append(name)
    before = -1
    while before != (now := sum(map(len, starts.values()))):
        before = now
        for members in bundles.values():
            together = set.intersection(*(starts[name] for name in members))
            starts.update((name, set(together)) for name in members)
        for name, needed in requires.items():
            for other in needed:
                if other in starts:
                    first = min((periods[at].start for at in starts[other]), default=None)
                    kept = set() if first is None else {
                        at for at in starts[name] if periods[at].start >= first + lag[name]
                    }  # fmt: skip
                    starts[name] = kept
    return starts


def _off_line(study: Context, projects: Typed) -> dict[str, str]:
    """Projects with a footprint on a line that they do not admit, and the line."""
    parcels = study.rows("parcels")
    needed = ("parcel_id", "redline", "basic_farmland")
    if parcels is None or not study.readable("parcels", *needed) or not any(projects.text("footprint")):
        return {}
    if projects.broken & {"redline_ok", "basic_farmland_ok"}:
        return {}
    wanted = {parcel for cell in set(projects.text("footprint")) for parcel in items(cell)}
    grade, farm = parcels.text("redline"), parcels.flag("basic_farmland")
    lines = {name: (grade[i], bool(farm[i])) for i, name in enumerate(parcels.text("parcel_id")) if name in wanted}
    admitted = {"no": ("0",), "general": ("0", "general"), "core": ("0", "general", "core")}
    out = {}
    for i, name in enumerate(projects.text("project")):
        on = [lines.get(parcel, ("0", False)) for parcel in items(projects.text("footprint")[i])]
        if any(each[0] not in admitted.get(projects.text("redline_ok")[i], ("0",)) for each in on):
            out[name] = say("the red line")
        elif any(each[1] for each in on) and not projects.flag("basic_farmland_ok")[i]:
            out[name] = say("basic farmland")
    return out
