"""Make `dashboard/world.json`, the outlines that the maps draw.

Run by hand, when the outlines change:

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python benchmarks/make_world.py package

Source: Natural Earth 1:50m (public domain) as TopoJSON by world-atlas 2.0.2 (ISC, Michael Bostock); countries that
1:50m leaves out come from its 1:10m file as dots. Borders are those of Natural Earth, which draws who holds a place,
not who claims it. Needs `pycountry` for the ISO codes; the app itself needs neither.

The steps: project (Equal Earth, Šavrič, Patterson and Jenny 2018: areas stay comparable, as shaded maps need), thin the
arcs with Visvalingam's triangles (shared borders are thinned once, so neighbours still meet), put together rings, drop
specks, scatter points over the land for hovering, write integers as steps from point to point.
"""

from __future__ import annotations

import heapq
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Ring = list[Point]

WIDTH = 4_000  # units across the world; at 700 pixels a map, a sixth of a pixel
KEEP_TRIANGLE = 3.0  # square units; a corner whose triangle is smaller goes
SPECK = 7.0  # square units; smaller islands go, unless they are all that a country has
TINY = 45.0  # square units; a country smaller than this is drawn as a dot as well
HOVER_STEP = 44  # units between hover points
LEFT_OUT = {"ATA", "ATF", "BVT", "HMD", "IOT", "SGS", "UMI"}  # nobody lives there
WITHOUT_CODE = {"Kosovo": "XKX", "Somaliland": "SOM", "N. Cyprus": "CYP"}
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
HALF_WIDTH = 2.706629983696


def project(longitude: float, latitude: float) -> Point:
    """Degrees to map units by the Equal Earth projection; y grows to the north."""
    a1, a2, a3, a4 = EQUAL_EARTH
    lam, phi = math.radians(longitude), math.radians(latitude)
    theta = math.asin(math.sqrt(3) / 2 * math.sin(phi))
    square, sixth = theta**2, theta**6
    slope = 9 * a4 * sixth * square + 7 * a3 * sixth + 3 * a2 * square + a1
    x = 2 * math.sqrt(3) * lam * math.cos(theta) / (3 * slope)
    y = theta * (a1 + a2 * square + sixth * (a3 + a4 * square))
    scale = WIDTH / (2 * HALF_WIDTH)
    return x * scale, y * scale


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The topology's arcs in degrees (they are kept as steps of a grid)."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arc.append((x * scale_x + left, y * scale_y + bottom))
        arcs.append(unwrapped(arc))
    return arcs


def unwrapped(points: Ring) -> Ring:
    """The same points without jumps at the date line; longitudes may leave -180 to 180."""
    out = points[:1]
    for longitude, latitude in points[1:]:
        turns = round((out[-1][0] - longitude) / 360)
        out.append((longitude + 360 * turns, latitude))
    return out


def cut_at_date_line(ring: Ring) -> list[Ring]:
    """The ring in pieces that lie within -180 to 180 degrees."""
    pieces = []
    for turn in (-360, 0, 360):
        moved = [(x + turn, y) for x, y in ring]
        piece = _clipped(_clipped(moved, 180.0, keep_below=True), -180.0, keep_below=False)
        if len(piece) > 2:
            pieces.append(piece)
    return pieces


def _clipped(ring: Ring, edge: float, *, keep_below: bool) -> Ring:
    """The part of a ring on one side of a meridian (Sutherland and Hodgman 1974)."""
    kept: Ring = []
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        a_in, b_in = ((p[0] <= edge) == keep_below or p[0] == edge for p in (a, b))
        if a_in:
            kept.append(a)
        if a_in != b_in:
            kept.append((edge, a[1] + (b[1] - a[1]) * (edge - a[0]) / (b[0] - a[0])))
    return kept


def triangle(a: Point, b: Point, c: Point) -> float:
    """Area of the triangle of three points."""
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def thinned(arc: Ring, keep: float = KEEP_TRIANGLE) -> Ring:
    """The arc without the corners that matter least on the map (Visvalingam and Whyatt 1993); its ends stay."""
    flat = [project(*point) for point in arc]
    before, after = [i - 1 for i in range(len(arc))], [i + 1 for i in range(len(arc))]
    areas = [math.inf] * len(arc)
    heap: list[tuple[float, int]] = []

    def weigh(i: int, at_least: float = 0.0) -> None:
        areas[i] = max(triangle(flat[before[i]], flat[i], flat[after[i]]), at_least)
        heapq.heappush(heap, (areas[i], i))

    for i in range(1, len(arc) - 1):
        weigh(i)
    gone: set[int] = set()
    while heap and heap[0][0] < keep:
        area, i = heapq.heappop(heap)
        if i in gone or area != areas[i]:
            continue
        gone.add(i)
        left, right = before[i], after[i]
        after[left], before[right] = right, left
        for neighbour in (left, right):
            if 0 < neighbour < len(arc) - 1:
                weigh(neighbour, area)
    return [point for i, point in enumerate(arc) if i not in gone]


def ring_area(ring: Ring) -> float:
    """Area inside a ring."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def rings_of(geometry: dict[str, Any], arcs: list[Ring]) -> list[Ring]:
    """The closed rings of a country on the map, holes among them; largest first."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    rings = [piece for polygon in polygons for indices in polygon for piece in cut_at_date_line(_joined(indices, arcs))]
    return sorted(([project(*point) for point in ring] for ring in rings), key=ring_area, reverse=True)


def _joined(indices: Iterable[int], arcs: list[Ring]) -> Ring:
    ring: Ring = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    ring = unwrapped(ring)
    return ring[:-1] if math.dist(ring[0], ring[-1]) < 1e-6 else ring


def inside(point: Point, rings: list[Ring]) -> bool:
    """Whether a point lies in a country (holes count as outside)."""
    x, y = point
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def middle(ring: Ring) -> Point:
    """Centre of area of a ring; the mean of its corners where it has no area."""
    crosses = [(a[0] * b[1] - b[0] * a[1], a, b) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    doubled = sum(cross for cross, _, _ in crosses)
    if abs(doubled) < 1e-9:
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    x = sum((a[0] + b[0]) * cross for cross, a, b in crosses) / (3 * doubled)
    y = sum((a[1] + b[1]) * cross for cross, a, b in crosses) / (3 * doubled)
    return x, y


def hover_points(rings: list[Ring]) -> Ring:
    """Points over the land of a country, a step apart, and its middle: where a pointer finds its name."""
    xs, ys = [p[0] for p in rings[0]], [p[1] for p in rings[0]]
    grid = [
        (float(x), float(y))
        for x in range(int(min(xs) // HOVER_STEP) * HOVER_STEP, int(max(xs)) + 1, HOVER_STEP)
        for y in range(int(min(ys) // HOVER_STEP) * HOVER_STEP, int(max(ys)) + 1, HOVER_STEP)
    ]
    return [middle(rings[0]), *(point for point in grid if inside(point, rings))]


def code_of(geometry: dict[str, Any]) -> str | None:
    """ISO alpha-3 of a feature; None where it has none."""
    import pycountry

    found = pycountry.countries.get(numeric=str(geometry.get("id", "")).zfill(3))
    return found.alpha_3 if found else WITHOUT_CODE.get(geometry["properties"]["name"])


def countries(topology: dict[str, Any]) -> dict[str, list[Ring]]:
    """Rings by ISO code, in map units, with every corner."""
    found: dict[str, list[Ring]] = {}
    arcs = arcs_of(topology)
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        if code and code not in LEFT_OUT and geometry.get("arcs"):
            found.setdefault(code, []).extend(rings_of(geometry, arcs))
    return {code: sorted(rings, key=ring_area, reverse=True) for code, rings in found.items()}


def outlines(topology: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each country as it is written: rings, whether it is tiny, points for hovering; the first point is its middle."""
    full = countries(topology)
    thin_arcs = [thinned(arc) for arc in arcs_of(topology)]
    drawn: dict[str, dict[str, Any]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        if code in full and geometry.get("arcs"):
            kept = [ring for ring in rings_of(geometry, thin_arcs) if ring_area(ring) >= SPECK and len(ring) > 2]
            drawn.setdefault(code or "", {"rings": []})["rings"] += [_steps(ring) for ring in kept]
    for code, entry in drawn.items():
        entry["tiny"] = sum(map(ring_area, full[code])) < TINY
        entry["points"] = _steps(hover_points(full[code]))
    return drawn


def _steps(points: Ring) -> list[int]:
    """Whole numbers x0, y0, then the steps from point to point."""
    flat, x, y = [], 0, 0
    for px, py in points:
        flat += [round(px) - x, round(py) - y]
        x, y = round(px), round(py)
    return flat


def dots(topology: dict[str, Any], known: set[str]) -> dict[str, dict[str, Any]]:
    """Countries that the coarser outlines leave out, as a dot each."""
    return {
        code: {"rings": [], "tiny": True, "points": _steps([middle(rings[0])])}
        for code, rings in countries(topology).items()
        if code not in known
    }


def main(folder: Path, target: Path) -> None:
    """Read world-atlas's files in `folder` and write `target`."""
    drawn = outlines(json.loads((folder / "countries-50m.json").read_text()))
    drawn |= dots(json.loads((folder / "countries-10m.json").read_text()), set(drawn))
    world = {
        "source": "Natural Earth 1:50m, public domain; through world-atlas 2.0.2 (ISC, Michael Bostock)",
        "licence": " ".join((folder / "LICENSE").read_text(encoding="utf-8").split()),
        "projection": "Equal Earth",
        "width": WIDTH,
        "countries": dict(sorted(drawn.items())),
    }
    target.write_text(json.dumps(world, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parents[1] / "dashboard" / "world.json")
