# ruff: noqa: RUF005 (an array plus a tuple is a sum)
"""What people draw around a face, hair, ears, glasses, beards, hats, bodies and frames, and what they draw that is none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..images import Floats
from .doodle_symbols import EYES, MOUTH, Sheet, Symbols, add_text, extent_of


@dataclass
class Around:
    """What is around a face: hair, ears, glasses, a beard, a hat, a body, a frame."""

    sheet: Sheet
    head: Floats  # (72, 2) from the top clockwise
    drawn: Floats
    size: float
    top: float
    bottom: float

    def draw(self, symbols: Symbols, loose: float) -> None:
        rng = self.sheet.rng
        if symbols.ears:
            self.ears()
        if symbols.hair:
            getattr(self, f"hair_{symbols.hair}")()
        if symbols.glasses:
            self.glasses(symbols.glasses)
        if symbols.beard:
            self.beard(symbols.beard)
        if symbols.hat:
            self.hat(symbols.hat)
        if symbols.body:
            self.body(symbols.body)
        if rng.random() < 0.06:
            for share in (-1.05, 1.05):
                at = self.rim([share])[0] + (0, 0.25 * self.size)
                self.sheet.circle("outline", at, rng.uniform(0.04, 0.12) * self.size, fill=rng.random() < 0.3)
        if symbols.frame:
            self.surroundings(symbols.frame)

    def rim(self, shares: ArrayLike, out: ArrayLike = 1.0) -> Floats:
        """On the head's line by the way round from the top: -1 at the left ear, 1 at the right one, 2 at the chin; `out` times as far."""
        at = np.asarray(shares, float) * 18
        found = np.stack([np.interp(at, np.arange(72), self.head[:, k], period=72) for k in (0, 1)], 1)
        centre = self.centre
        return centre + (found - centre) * np.reshape(np.asarray(out, float), (-1, 1))

    @property
    def centre(self) -> Floats:
        low, high = self.head.min(0), self.head.max(0)
        return (low + high) / 2

    @property
    def wide(self) -> float:
        return float(np.ptp(self.head[:, 0]))

    def ears(self) -> None:
        rng, tall = self.sheet.rng, self.sheet.rng.uniform(0.2, 0.5) * self.size
        for sign in (-1, 1):
            at = self.rim([sign * rng.uniform(0.95, 1.1)])[0]
            u = np.linspace(-np.pi / 2, np.pi / 2, 8)
            deep = rng.uniform(0.4, 1.0)
            self.sheet.add("outline", at + np.stack([sign * deep * tall * np.cos(u), tall * np.sin(u)], 1))

    # hair

    def hair_outline(self) -> None:
        """A line around the head from ear to ear, and mostly a hairline within."""
        rng, sheet = self.sheet.rng, self.sheet
        reach, high = rng.uniform(0.75, 1.35), rng.uniform(1.12, 1.5)
        shares = np.linspace(-reach, reach, 14)
        out = 1 + (high - 1) * np.cos(shares / reach * np.pi / 2) ** 0.6 + 0.02
        lumps = rng.uniform(0, 0.08) * rng.standard_normal(14)
        sheet.add("hair", self.rim(shares, out + lumps))
        if rng.random() < 0.5:
            self._fringe(rng.uniform(0.6, 0.95), zigzag=rng.random() < 0.35)
        if rng.random() < 0.35:
            self._strands(1.0, high, reach, int(rng.integers(4, 50)))

    def hair_long(self) -> None:
        """An arch around the head down to the shoulders, as Mona Lisas have it."""
        rng, sheet = self.sheet.rng, self.sheet
        down = self.bottom + rng.uniform(-0.6, 1.2) * self.size
        high, broad = rng.uniform(1.05, 1.45), rng.uniform(0.05, 0.7) * self.size
        crown = self.rim(np.linspace(-0.9, 0.9, 9), np.linspace(high, high, 9))
        flare = rng.uniform(-0.2, 0.6) * self.size
        left = np.array([self.head[:, 0].min() - broad - flare, down])
        right = np.array([self.head[:, 0].max() + broad + flare, down + rng.normal(0, 0.2) * self.size])
        bend = [(left + crown[0]) / 2 + (-0.1 * self.size, 0), (right + crown[-1]) / 2 + (0.1 * self.size, 0)]
        sheet.add("hair", np.concatenate([[left, bend[0]], crown, [bend[1], right]]))
        kind = rng.random()
        inner = [self.rim([s * rng.uniform(0.9, 1.5)], 1.02)[0] for s in (-1, 1)]
        for end, start, sign in ((left, inner[0], -1), (right, inner[1], 1)):
            to = np.array(
                [start[0] + sign * rng.uniform(-0.2, 0.3) * self.size, end[1] + rng.normal(0, 0.15) * self.size]
            )
            if kind < 0.6:
                sheet.add("hair", [start, (start + to) / 2 + rng.standard_normal(2) * 0.05 * self.size, to])
                if rng.random() < 0.5:
                    sheet.add("hair", [to, (to + end) / 2 + (0, 0.1 * self.size), end])
        if rng.random() < 0.4:
            self._curtain()
        if rng.random() < 0.35:
            for _ in range(int(rng.integers(4, 40))):
                sign = rng.choice([-1, 1])
                a = self.rim([sign * rng.uniform(0.1, 0.9)], rng.uniform(1.0, high))[0]
                near, far = self.rim([sign])[0, 0], (left if sign < 0 else right)[0]
                x = near + rng.random() * (far - near)
                b = np.array([x, rng.uniform((a[1] + down) / 2, down)])
                sheet.add("hair", [a, (a + b) / 2 + (0.12 * sign * self.size, 0), b])

    def hair_parted(self) -> None:
        rng = self.sheet.rng
        self._curtain()
        if rng.random() < 0.7:
            high = rng.uniform(1.05, 1.3)
            reach = rng.uniform(0.8, 1.4)
            self.sheet.add("hair", self.rim(np.linspace(-reach, reach, 11), high))
        if rng.random() < 0.3:
            self._strands(0.8, 1.1, 0.9, int(rng.integers(6, 30)))

    def hair_strands(self) -> None:
        rng = self.sheet.rng
        reach = rng.uniform(0.7, 1.1)
        self._strands(rng.uniform(0.65, 1.0), rng.uniform(1.05, 1.35), reach, int(rng.integers(10, 90)))
        if rng.random() < 0.6:
            self.sheet.add("hair", self.rim(np.linspace(-reach, reach, 12), rng.uniform(1.05, 1.35)))
        if rng.random() < 0.5:
            self._fringe(rng.uniform(0.65, 0.95), zigzag=False)

    def hair_spikes(self) -> None:
        """Single lines that stand up, or a zigzag along the top."""
        rng, sheet = self.sheet.rng, self.sheet
        reach, tall = rng.uniform(0.2, 1.0), rng.uniform(1.12, 1.6)
        if rng.random() < 0.6:
            lean = rng.normal(0, 0.1)
            for share in np.linspace(-reach, reach, int(rng.integers(3, 12))):
                length = 1 + (tall - 1) * rng.uniform(0.6, 1.1)
                sheet.add("hair", np.concatenate([self.rim([share], 0.98), self.rim([share + lean], length)]))
        else:
            count = 2 * int(rng.integers(3, 12)) + 1
            sheet.add("hair", self.rim(np.linspace(-reach, reach, count), np.where(np.arange(count) % 2, tall, 1.02)))

    def hair_curls(self) -> None:
        rng, sheet = self.sheet.rng, self.sheet
        reach, radius = rng.uniform(0.6, 1.5), rng.uniform(0.08, 0.25) * self.size
        if rng.random() < 0.6:  # circle beside circle, in rows
            for row in range(int(rng.integers(1, 4))):
                out = 1.05 + row * 1.3 * radius / (self.wide / 2)
                for share in np.linspace(-reach, reach, int(rng.integers(8, 22))):
                    sheet.circle(
                        "hair", self.rim([share + rng.normal(0, 0.03)], out)[0], radius * rng.uniform(0.7, 1.2)
                    )
        else:  # one line that loops
            t = np.linspace(0, 1, 120)
            loops = 2 * np.pi * t * rng.integers(8, 20)
            around = self.rim(-reach + 2 * reach * t, 1.1)
            sheet.add("hair", around + radius * np.stack([np.cos(loops), np.sin(loops)], 1))

    def hair_scribble(self) -> None:
        """To and fro over the top of the head."""
        rng = self.sheet.rng
        count, reach = int(rng.integers(8, 40)), rng.uniform(0.5, 1.1)
        shares = np.linspace(-reach, reach, count) + rng.normal(0, 0.1, count)
        out = np.where(np.arange(count) % 2, rng.uniform(0.75, 1.0), rng.uniform(1.05, 1.35)) + rng.normal(
            0, 0.05, count
        )
        self.sheet.add("hair", self.rim(shares, out))

    def hair_fringe(self) -> None:
        rng = self.sheet.rng
        self._fringe(rng.uniform(0.55, 0.9), zigzag=rng.random() < 0.6)
        if rng.random() < 0.5:
            self.sheet.add("hair", self.rim(np.linspace(-1, 1, 12), rng.uniform(1.03, 1.2)))

    def hair_wild(self) -> None:
        """A few lines that fly about somewhere above."""
        rng = self.sheet.rng
        for _ in range(int(rng.integers(2, 9))):
            start = self.rim([rng.uniform(-1.1, 1.1)], rng.uniform(1.0, 1.4))[0]
            way = (start - self.centre) * rng.uniform(0.2, 0.6) + rng.standard_normal(2) * 0.15 * self.size
            bend = rng.standard_normal(2) * 0.1 * self.size
            self.sheet.add("hair", [start, start + way / 2 + bend, start + way])

    def hair_bun(self) -> None:
        rng = self.sheet.rng
        self.hair_outline()
        at = self.rim([rng.choice([0.0, rng.uniform(-0.6, 0.6)])], rng.uniform(1.4, 1.7))[0]
        self.sheet.circle("hair", at, rng.uniform(0.2, 0.45) * self.size)
        if rng.random() < 0.4:
            self.sheet.circle("hair", at, rng.uniform(0.1, 0.2) * self.size)

    def hair_tail(self) -> None:
        """A ponytail, or two, or plaits."""
        rng, sheet = self.sheet.rng, self.sheet
        self.hair_outline()
        for sign in [(-1,), (1,), (-1, 1)][int(rng.integers(3))]:
            start = self.rim([sign * rng.uniform(0.5, 0.95)], 1.15)[0]
            long, broad = rng.uniform(0.6, 2.0) * self.size, rng.uniform(0.15, 0.5) * self.size
            tip = start + (sign * rng.uniform(0.1, 0.8) * self.size, long)
            bulge = (start + tip) / 2 + (sign * broad, -0.2 * long)
            sheet.add("hair", [start, bulge, tip, (start + tip) / 2 + (-sign * 0.2 * broad, 0), start])

    def hair_bald(self) -> None:
        """A little above the ears, or three hairs."""
        rng, sheet = self.sheet.rng, self.sheet
        if rng.random() < 0.6:
            for sign in (-1, 1):
                shares = sign * np.linspace(0.65, 1.1, 11)
                sheet.add("hair", self.rim(shares, np.where(np.arange(11) % 2, 0.9, 1.08)))
        else:
            for share in (-0.12, 0.0, 0.12):
                sheet.add("hair", self.rim([share, share * 1.6], np.array([1.0, 1.25])))

    def _fringe(self, depth: float, zigzag: bool) -> None:
        """The hairline: across the forehead from one side to the other."""
        rng = self.sheet.rng
        count = 2 * int(rng.integers(3, 8)) + 1 if zigzag else 9
        shares = np.linspace(-rng.uniform(0.6, 0.95), rng.uniform(0.6, 0.95), count)
        out = (
            np.full(count, depth)
            if not zigzag
            else np.where(np.arange(count) % 2, depth - rng.uniform(0.1, 0.25), depth)
        )
        out[[0, -1]] = 1.0
        line = self.rim(shares, out)
        if not zigzag and rng.random() < 0.5:  # straighter than the skull is
            line[1:-1, 1] = 0.5 * line[1:-1, 1] + 0.5 * (line[0, 1] + line[-1, 1]) / 2
        self.sheet.add("hair", line)

    def _curtain(self) -> None:
        """From a parting down both sides of the face."""
        rng = self.sheet.rng
        parting = self.rim([rng.normal(0, 0.12)], rng.uniform(0.95, 1.15))[0]
        for sign in (-1, 1):
            end = self.rim([sign * rng.uniform(0.8, 1.5)], rng.uniform(0.9, 1.02))[0]
            bend = self.rim([sign * rng.uniform(0.4, 0.6)], rng.uniform(0.75, 0.98))[0]
            self.sheet.add("hair", [parting, bend, end])

    def _strands(self, inner: float, outer: float, reach: float, count: int) -> None:
        rng = self.sheet.rng
        lean = rng.normal(0, 0.15)
        for share in rng.uniform(-reach, reach, count):
            ends = np.sort(rng.uniform(inner, outer, 2))
            line = self.rim([share, share + lean / 2, share + lean], np.array([ends[0], ends.mean() + 0.02, ends[1]]))
            self.sheet.add("hair", line)

    # what is worn

    def glasses(self, kind: str) -> None:
        rng, sheet = self.sheet.rng, self.sheet
        centres = [self.drawn[EYES[side]].mean(0) for side in ("left", "right")]
        apart = float(np.linalg.norm(centres[1] - centres[0]))
        half = apart * rng.uniform(0.28, 0.46) * np.array([1, rng.uniform(0.6, 1.0)])
        corners = 4 if kind == "square" or (kind == "dark" and rng.random() < 0.5) else 0
        for at in centres:
            at = at + rng.standard_normal(2) * 0.03 * apart
            if corners:
                box = np.array([(-1, -1), (0, -1.05), (1, -1), (1, 0), (0.85, 1), (0, 1.05), (-0.85, 1), (-1, 0)])
                sheet.add("glasses", at + box * half, closed=True, fill=kind == "dark" and rng.random() < 0.7)
            else:
                sheet.circle("glasses", at, half, fill=kind == "dark" and rng.random() < 0.7)
            if kind == "dark" and rng.random() < 0.5:
                for x in np.linspace(-0.7, 0.7, 5):
                    sheet.add("glasses", at + np.array([(x, -0.7), (x + 0.1, 0.7)]) * half)
        left, right = centres[0] + (half[0], 0), centres[1] - (half[0], 0)
        sheet.add("glasses", [left, (left + right) / 2 - (0, 0.06 * apart), right])
        if rng.random() < 0.6:
            for at, sign in ((centres[0], -1), (centres[1], 1)):
                ear = self.rim([sign * 0.95])[0]
                sheet.add("glasses", [at + (sign * half[0], 0), [ear[0], (ear[1] + at[1]) / 2]])

    def beard(self, kind: str) -> None:
        rng, sheet = self.sheet.rng, self.sheet
        mouth = self.drawn[MOUTH]
        at, extent = extent_of(mouth)
        chin = np.array([at[0], self.bottom])
        if kind == "moustache" or (kind != "goatee" and rng.random() < 0.35):
            lip = np.array([at[0], mouth[:, 1].min() - 0.06 * self.size])
            half, tall = extent[0] / 2 * rng.uniform(0.7, 1.3), rng.uniform(0.05, 0.15) * self.size
            if rng.random() < 0.5:
                u = np.linspace(-1, 1, 9)
                line = np.concatenate(
                    [np.stack([u * half, -tall * (1 - u**2)], 1), np.stack([-u * half, tall * u**2], 1)]
                )
                sheet.add("beard", lip + line, closed=True, fill=rng.random() < 0.5)
            else:
                for x in np.linspace(-half, half, int(rng.integers(6, 16))):
                    sheet.add("beard", lip + np.array([(x * 0.8, -tall), (x, tall)]))
        if kind in ("full", "strokes"):
            reach, long = rng.uniform(0.5, 0.95), rng.uniform(1.0, 1.9)
            shares = np.linspace(2 - reach, 2 + reach, 13)
            out = 1 + (long - 1) * np.cos(np.linspace(-1, 1, 13) * np.pi / 2)
            if kind == "full" or rng.random() < 0.3:
                sheet.add("beard", self.rim(shares, out + rng.normal(0, 0.03, 13)))
                if rng.random() < 0.6:  # its upper edge, around the mouth
                    inner = self.rim(shares, 0.62 + 0.25 * np.abs(np.linspace(-1, 1, 13)))
                    sheet.add("beard", inner)
            if kind == "strokes" or rng.random() < 0.5:
                low = rng.uniform(0.65, 0.9)
                for _ in range(int(rng.integers(12, 110))):
                    share = rng.uniform(2 - reach, 2 + reach)
                    root, tip = np.sort(
                        rng.uniform(low, 1 + (long - 1) * np.cos((share - 2) / reach * np.pi / 2) + 0.05, 2)
                    )
                    sheet.add("beard", self.rim([share, share + rng.normal(0, 0.04)], np.array([root, tip])))
        elif kind == "goatee":
            top = np.array([at[0], mouth[:, 1].max() + 0.05 * self.size])
            wide, end = rng.uniform(0.1, 0.3) * self.size, chin + (0, rng.uniform(0.0, 0.5) * self.size)
            if rng.random() < 0.5:
                sheet.add("beard", [top - (wide, 0), end, top + (wide, 0)], closed=rng.random() < 0.5)
            else:
                for x in np.linspace(-wide, wide, int(rng.integers(5, 12))):
                    sheet.add("beard", [top + (x, 0), end + (0.5 * x, rng.normal(0, 0.05) * self.size)])

    def hat(self, kind: str) -> None:
        rng, sheet = self.sheet.rng, self.sheet
        brow = self.rim([-0.6])[0, 1] * 0.5 + self.rim([0.6])[0, 1] * 0.5
        left, right = self.centre[0] - self.wide * 0.55, self.centre[0] + self.wide * 0.55
        tall = rng.uniform(0.4, 1.3) * self.size
        if kind == "woolly":
            sheet.add(
                "hat",
                np.concatenate(
                    [[(left, brow)], self.rim(np.linspace(-0.8, 0.8, 9), rng.uniform(1.15, 1.45)), [(right, brow)]]
                ),
            )
            band = rng.uniform(0.15, 0.35) * self.size
            sheet.add("hat", [(left, brow), (right, brow), (right, brow - band), (left, brow - band)], closed=True)
            for x in np.linspace(left, right, int(rng.integers(4, 16)))[1:-1]:
                sheet.add("hat", [(x, brow), (x, brow - band)])
            if rng.random() < 0.6:
                sheet.circle("hat", np.array([self.centre[0], self.top - 0.5 * self.size]), 0.2 * self.size)
        elif kind == "brim":
            sheet.add("hat", [(left - 0.4 * self.size, brow), (right + 0.4 * self.size, brow)])
            inner = 0.1 * self.size
            crown = min(brow, self.top) - tall
            sheet.add(
                "hat", [(left + inner, brow), (left + inner, crown), (right - inner, crown), (right - inner, brow)]
            )
            if rng.random() < 0.5:
                sheet.add("hat", [(left + inner, brow - 0.2 * self.size), (right - inner, brow - 0.2 * self.size)])
        elif kind == "cap":
            sheet.add("hat", self.rim(np.linspace(-0.8, 0.8, 9), 1.12))
            sign = rng.choice([-1, 1])
            ends = self.rim([-0.8 * sign, 0.8 * sign], 1.12)
            sheet.add(
                "hat",
                [
                    ends[0],
                    ends[1],
                    ends[1] + (sign * 0.7 * self.size, 0.1 * self.size),
                    ends[1] + (0, -0.15 * self.size),
                ],
            )
        elif kind == "crown":
            count = 2 * int(rng.integers(3, 5)) + 1
            x = np.linspace(left, right, count)
            y = self.top + 0.1 * self.size - np.where(np.arange(count) % 2, 0.2, 1.0) * tall * 0.6
            sheet.add(
                "hat",
                [(left, self.top + 0.3 * self.size), *np.stack([x, y], 1), (right, self.top + 0.3 * self.size)],
                closed=True,
            )
        else:  # a headscarf: the head's line again, outside and inside, and folds
            for out in sorted(rng.uniform(1.05, 1.6, int(rng.integers(1, 4)))):
                reach = rng.uniform(1.4, 2.0)
                sheet.add("hat", self.rim(np.linspace(-reach, reach, 18), out))
            for _ in range(int(rng.integers(0, 5))):
                share = rng.uniform(1.2, 2.8)
                sheet.add("hat", self.rim([share, share + 0.2, share + 0.4], rng.uniform(1.1, 1.4)))

    def body(self, kind: str) -> None:
        rng, sheet, size = self.sheet.rng, self.sheet, self.size
        half = rng.uniform(0.18, 0.65) * self.wide / 2 if kind != "stick" else 0.0
        long = rng.uniform(0.2, 0.9) * size
        x = self.centre[0] + rng.normal(0, 0.05) * size
        start = self.bottom - 0.08 * size
        neck = [
            np.array([(x + s * half, start), (x + s * half * rng.uniform(0.9, 1.2), self.bottom + long)])
            for s in (-1, 1)
        ]
        if kind == "stick":
            hip = self.bottom + rng.uniform(1.2, 3.0) * size
            sheet.add("body", [(x, self.bottom), (x + rng.normal(0, 0.1), hip)])
            arm, leg = rng.uniform(0.6, 1.6) * size, rng.uniform(0.6, 1.6) * size
            for s in (-1, 1):
                sheet.add(
                    "body", [(x, self.bottom + 0.5 * size), (x + s * arm, self.bottom + rng.uniform(0.1, 1.2) * size)]
                )
                sheet.add("body", [(x, hip), (x + s * 0.6 * leg, hip + leg)])
            return
        if kind != "wide" or rng.random() < 0.5:
            for line in neck:
                sheet.add("body", line)
        ends = [
            line[-1] if kind != "wide" else np.array([x + s * half, start])
            for line, s in zip(neck, (-1, 1), strict=True)
        ]
        if kind == "shoulders":
            reach, fall = rng.uniform(0.6, 1.8) * size, rng.uniform(0.2, 0.7) * size
            for s, end in zip((-1, 1), ends, strict=True):
                sheet.add("body", [end, end + (s * 0.5 * reach, 0.35 * fall), end + (s * reach, fall)])
            if rng.random() < 0.2:
                sheet.add("body", [ends[0], (ends[0] + ends[1]) / 2 + (0, 0.4 * size), ends[1]])
        elif kind in ("trapezoid", "wide"):
            reach, tall = rng.uniform(0.3, 1.4) * size, rng.uniform(0.8, 2.5) * size
            one = [ends[0], ends[0] + (-reach, 0.3 * tall), ends[0] + (-reach * rng.uniform(0.6, 1.2), tall)]
            other = [ends[1] + (reach * rng.uniform(0.6, 1.2), tall), ends[1] + (reach, 0.3 * tall), ends[1]]
            if rng.random() < 0.6:
                sheet.add("body", np.array(one + other))
            else:
                sheet.add("body", one)
                sheet.add("body", other)

    def surroundings(self, kind: str) -> None:
        rng, sheet, size = self.sheet.rng, self.sheet, self.size
        everything = np.concatenate([stroke.line for stroke in sheet.strokes])
        low, high = everything.min(0), everything.max(0)
        if kind in ("frame", "landscape") and (kind == "frame" or rng.random() < 0.5):
            room = rng.uniform(-0.1, 1.2, (2, 2)) * size
            low, high = low - room[0], high + room[1]
            corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])]) + rng.normal(0, 0.12, (4, 2)) * size
            corners = np.roll(corners, int(rng.integers(4)), 0)
            if rng.random() < 0.7:
                sheet.add("background", corners, closed=True)
            else:
                sheet.add("background", np.concatenate([corners, corners[:1]])[: int(rng.integers(3, 5))])
        if kind == "landscape":
            y = rng.uniform(self.top, self.bottom)
            for a, b in ((low[0], self.head[:, 0].min()), (self.head[:, 0].max(), high[0])):
                x = np.linspace(a - 0.3 * size, b, 7) if rng.random() < 0.8 else np.linspace(b, a, 7)
                sheet.add("background", np.stack([x, y + np.cumsum(rng.normal(0, 0.15, 7)) * size], 1))
        elif kind == "text":
            add_text(sheet, np.array([low[0], high[1] + 0.3 * size]), 0.25 * size)
        elif kind == "sun":
            at = np.array([rng.choice([low[0], high[0]]), low[1]]) + rng.normal(0, 0.3, 2) * size
            sheet.circle("background", at, 0.3 * size)
            for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
                way = np.array([np.cos(angle), np.sin(angle)]) * size
                sheet.add("background", [at + 0.4 * way, at + 0.65 * way])


def draw_no_face(sheet: Sheet) -> None:
    """Whatever else people draw: a pattern that fills the sheet, or up to four things beside each other, of one size or of several."""
    rng = sheet.rng
    if rng.random() < 0.3:
        _pattern(sheet)
        return
    count = 1 if rng.random() < 0.5 else int(rng.integers(2, 5))
    for _ in range(count):
        first = len(sheet.strokes)
        _thing(sheet)
        away, size = rng.uniform(-1, 1, 2) * 2.5 * (count - 1), np.exp(rng.normal(0, 0.4))
        for stroke in sheet.strokes[first:]:
            stroke.line = stroke.line * size + away


def _pattern(sheet: Sheet) -> None:
    """Stripes, hatching, waves, a zigzag, rows of scrawl, dots, a spiral, or one line back and forth."""
    rng = sheet.rng
    kind = int(rng.integers(7))
    tilt = float(rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]))
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    rows = np.linspace(-1, 1, int(rng.integers(1, 16)))
    tall = rng.uniform(0.2, 1.3)
    along = np.linspace(-1, 1, 40)
    if kind < 2:  # stripes, or hatched both ways
        for way in (turn, turn @ np.array([[0.0, 1.0], [-1.0, 0.0]]))[: kind + 1]:
            for y in rows:
                ends = np.array([-1, 1]) * (1 - rng.uniform(0, 0.3) * rng.random(2))
                sheet.add("background", np.stack([ends, y * tall + rng.normal(0, 0.02, 2)], 1) @ way)
    elif kind < 4:  # waves, zigzags, and rows of scrawl
        step = int(rng.integers(1, 7))
        for y in rows:
            wave = (
                0.5
                * rng.random()
                * (rng.standard_normal(40) if kind == 2 else np.where(np.arange(40) % (2 * step) < step, -0.5, 0.5))
            )
            sheet.add("background", np.stack([along, y * tall + wave / len(rows)], 1) @ turn)
    elif kind == 4:  # dots or little circles, in rows or anywhere
        for y in rows[:8]:
            for x in np.linspace(-1, 1, int(rng.integers(1, 8))):
                sheet.circle(
                    "background",
                    np.array([x, y]) + rng.normal(0, 0.08, 2),
                    rng.uniform(0.02, 0.12),
                    fill=rng.random() < 0.5,
                )
    elif kind == 5:  # a spiral
        u = np.linspace(0, rng.uniform(2, 8) * 2 * np.pi, 90)
        sheet.add("background", np.stack([np.cos(u), tall * np.sin(u)], 1) * u[:, None] @ turn)
    else:  # back and forth, as areas are filled
        sheet.add(
            "background",
            np.stack([np.where(np.arange(30) % 2, 1, -1) * rng.uniform(0.6, 1, 30), np.linspace(-tall, tall, 30)], 1)
            @ turn,
        )


def draw_profile(sheet: Sheet) -> None:
    """A head from the side, as people draw it: brow, nose, lips and chin in one line, the skull behind, an eye, and hair.

    It looks to the right; its front is at .5 eye distances, its ear at -.6, its eye at -.1 and its chin at 1.5 down.
    """
    rng = sheet.rng
    nose, lips, chin = rng.uniform(0.15, 0.7), rng.uniform(0.02, 0.15), rng.uniform(-0.1, 0.2)
    front = np.array(
        [
            (-0.1, -1.5), (0.35, -1.2), (0.5, -0.7), (0.48, -0.25), (0.42, -0.05), (0.45 + nose, 0.4 + 0.2 * rng.random()),
            (0.45, 0.55), (0.5 + lips, 0.75), (0.43, 0.85), (0.5 + lips, 0.97), (0.4, 1.1), (0.45 + chin, 1.45), (0.1, 1.6),
        ]
    )  # fmt: skip
    front = front + 0.04 * rng.standard_normal(front.shape)
    jaw = np.array([(0.1, 1.6), (-0.5, 1.35), (-0.85, 0.9), (-0.9, 0.3)])
    u = np.linspace(0.45 * np.pi, 1.55 * np.pi, 12)
    skull = np.stack([-0.5 + rng.uniform(0.7, 1.0) * np.cos(u), -0.5 - rng.uniform(0.9, 1.1) * np.sin(u)], 1)
    lines = [("outline", line) for line in (front, jaw, skull) if line is front or rng.random() < 0.8]
    eye = np.array([0.15, -0.1]) + 0.04 * rng.standard_normal(2)
    kind = rng.random()
    if kind < 0.5:
        lines.append(("feature", eye + np.array([(0.2, -0.13), (-0.12, 0), (0.18, 0.1)])))
    elif kind < 0.7:
        lines.append(("feature", eye + np.array([(0.2, 0), (-0.1, -0.05)])))
    else:
        sheet.dot("feature", eye, rng.uniform(0.04, 0.12))
    if rng.random() < 0.6:
        lines.append(("feature", eye + np.array([(0.25, -0.32), (0, -0.42), (-0.2, -0.3)])))
    if rng.random() < 0.5:
        lines.append(("feature", np.array([(0.5 + lips, 0.86), (0.15, 0.88 + rng.normal(0, 0.05))])))
    if rng.random() < 0.6:  # an ear
        v = np.linspace(-0.6 * np.pi, 0.9 * np.pi, 9)
        lines.append(("outline", np.stack([-0.55 + 0.16 * np.cos(v), 0.1 + 0.28 * np.sin(v)], 1)))
    for _ in range(int(rng.integers(0, 30)) if rng.random() < 0.6 else 0):
        root = np.array([-0.5, -0.4]) + rng.standard_normal(2) * (0.4, 0.5)
        lines.append(("hair", np.cumsum([root, *(rng.standard_normal((3, 2)) * 0.15 + (-0.15, 0.15))], 0)))
    if rng.random() < 0.5:
        lines += [("body", np.array(neck)) for neck in ([(0.05, 1.6), (0.1, 2.3)], [(-0.8, 1.0), (-0.75, 2.2)])]
    if rng.random() < 0.2:
        lines.append(("hair", np.array([-1.3, -0.4]) + 0.35 * np.stack([np.cos(u), np.sin(u)], 1)))
    for part, line in lines:
        sheet.add(part, line)


def _thing(sheet: Sheet) -> None:
    """A house, a cat from the side, a tree, a text, a scribble, shapes, a car, a flower, a fish, a mug, a star, a cat's head or a table."""
    rng = sheet.rng
    kind = int(rng.integers(13))
    if kind == 0:  # house
        w, h, r = rng.uniform(0.6, 1.4), rng.uniform(0.5, 1.0), rng.uniform(0.3, 0.8)
        sheet.add("background", [(-w, 0), (w, 0), (w, 2 * h), (-w, 2 * h)], closed=True)
        sheet.add("background", [(-w, 0), (0, -2 * r), (w, 0)])
        for x in rng.uniform(-w, w * 0.6, int(rng.integers(0, 4))):
            y, s = rng.uniform(0.1, h), rng.uniform(0.15, 0.4)
            sheet.add("background", [(x, y), (x + s, y), (x + s, y + s), (x, y + s)], closed=True)
    elif kind == 1:  # animal from the side
        body = rng.uniform(0.6, 1.2)
        sheet.circle("background", np.zeros(2), np.array([1.2, body * 0.6]))
        sheet.circle("background", np.array([-1.3, -0.5]), 0.4)
        for x in (-0.8, -0.4, 0.5, 0.9):
            sheet.add("background", [(x, 0.4), (x + rng.normal(0, 0.05), 1.3)])
        sheet.add("background", [(1.2, -0.1), (1.7, -0.6), (1.6, -1.0)])
        if rng.random() < 0.5:
            sheet.add("background", [(-1.6, -0.8), (-1.55, -1.2), (-1.3, -0.9), (-1.1, -1.2), (-1.0, -0.8)])
    elif kind == 2:  # tree or flower
        sheet.add("background", [(-0.15, 0), (-0.15, 2)])
        sheet.add("background", [(0.15, 0), (0.15, 2)])
        for _ in range(int(rng.integers(1, 9))):
            sheet.circle("background", rng.normal(0, 0.5, 2) - (0, 0.6), rng.uniform(0.3, 0.9))
    elif kind == 3:
        for row in range(int(rng.integers(1, 7))):
            add_text(sheet, np.array([rng.normal(0, 0.1), 0.9 * row]), 0.35)
    elif kind == 4:  # scribble
        line = np.cumsum(rng.standard_normal((int(rng.integers(5, 60)), 2)), 0)
        sheet.add("background", line)
    elif kind == 5:  # shapes
        for _ in range(int(rng.integers(1, 7))):
            at, corners = rng.normal(0, 1.2, 2), int(rng.integers(2, 9))
            angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
            sheet.add(
                "background", at + np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(0.2, 1.2), closed=True
            )
    elif kind == 6:  # car
        sheet.add(
            "background",
            [(-2, 0), (-1.9, -0.5), (-1, -0.6), (-0.6, -1.1), (0.6, -1.1), (1, -0.6), (2, -0.4), (2, 0)],
            closed=True,
        )
        for x in (-1.1, 1.1):
            sheet.circle("background", np.array([x, 0.1]), rng.uniform(0.25, 0.5))
    elif kind == 7:  # flower
        petals, r = int(rng.integers(4, 9)), rng.uniform(0.3, 0.6)
        sheet.circle("background", np.zeros(2), r)
        for angle in np.linspace(0, 2 * np.pi, petals, endpoint=False):
            sheet.circle("background", np.array([np.cos(angle), np.sin(angle)]) * 2 * r, r * rng.uniform(0.6, 1))
        sheet.add("background", [(0, 2 * r), (0.1, 3)])
    elif kind == 8:  # fish
        u = np.linspace(0, 2 * np.pi, 20)
        sheet.add("background", np.stack([1.5 * np.cos(u), rng.uniform(0.5, 0.9) * np.sin(u)], 1), closed=True)
        sheet.add("background", [(1.4, 0), (2.1, -0.6), (2.1, 0.6)], closed=True)
        sheet.dot("background", np.array([-1.0, -0.15]), 0.08)
    elif kind == 9:  # mug
        w, h = rng.uniform(0.6, 1.0), rng.uniform(0.8, 1.4)
        sheet.add("background", [(-w, -h), (-0.9 * w, h), (0.9 * w, h), (w, -h)], closed=rng.random() < 0.5)
        u = np.linspace(-np.pi / 2, np.pi / 2, 9)
        sheet.add("background", np.stack([w + 0.6 * np.cos(u), 0.5 * h * np.sin(u)], 1))
    elif kind == 10:  # star
        corners = 2 * int(rng.integers(5, 9))
        u, reach = np.linspace(0, 2 * np.pi, corners, endpoint=False), np.where(np.arange(corners) % 2, 0.5, 1.2)
        sheet.add("background", np.stack([np.sin(u) * reach, -np.cos(u) * reach], 1), closed=True)
    elif kind == 11:  # a cat's head: ears, snout and whiskers
        sheet.circle("background", np.zeros(2), np.array([1.2, 1.0]))
        for sign in (-1, 1):
            sheet.add("background", [(sign * 1.1, -0.5), (sign * 1.0, -1.6), (sign * 0.4, -0.95)])
            sheet.dot("background", np.array([sign * 0.45, -0.2]), rng.uniform(0.06, 0.16))
            for y in (0.2, 0.35, 0.5):
                sheet.add("background", [(sign * 0.4, 0.3), (sign * 1.7, y + rng.normal(0, 0.1))])
        sheet.add("background", [(-0.15, 0.1), (0.15, 0.1), (0, 0.3)], closed=True)
        if rng.random() < 0.5:
            sheet.add("background", [(-0.3, 0.5), (-0.15, 0.6), (0, 0.35), (0.15, 0.6), (0.3, 0.5)])
    elif kind == 12:  # a table of lines
        for x in np.linspace(-1, 1, int(rng.integers(2, 7))):
            sheet.add("background", [(x, -1), (x, 1)])
        for y in np.linspace(-1, 1, int(rng.integers(2, 7))):
            sheet.add("background", [(-1, y), (1, y)])
