"""The exact kernel: singles propagation and a complete search, written once for two machines.

Everything here is the subset of Python that numba compiles. It runs as it stands on lists of ints
(one puzzle, no import cost), and compiled on int64 arrays (batches, data making) with the same
results, guess for guess. A candidate mask has bit v - 1 set where value v is possible; 63 values
leave the sign bit alone. It must not know of puzzles, files or networks, and uses no numpy.

The search is depth first and two-way: a guess copies the state, puts the value into the copy and
strikes it from the original, which waits on the stack. All that a search knows lies in `State`, so
that a caller may stop it after any number of guesses and go on later, or on the other machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

OPEN_CELL = -1
"""In `State.cells`: the waiting state was not made by a guess, nothing in it has changed."""


class Tables(NamedTuple):
    """A board in flat form; sequences are lists of int, or arrays when compiled.

    Cell c has the peers `peers[peer_start[c]:peer_start[c + 1]]`; complete unit u has the cells
    `unit_cells[u * D:(u + 1) * D]`. `touch[c]` has bit u % 63 set for each complete unit u of c:
    where a board has more than 63, two share a bit, which costs a look and is never wrong.
    """

    n: int
    D: int
    full: int
    units: int
    peer_start: Any
    peers: Any
    unit_cells: Any
    touch: Any


class State(NamedTuple):
    """All of a search: `stack[:depth]` are the states that wait, the last one is next.

    `stack (levels, n)` holds candidate masks; levels is one more than the open cells need.
    `tails[level]` cells of `queue (n,)` are placed in that state and `cells[level]` was struck a
    value (or OPEN_CELL). `found (stored, n)` keeps the first solutions as one-bit masks.
    `progress` is [depth, solutions, guesses].
    """

    stack: Any
    tails: Any
    cells: Any
    queue: Any
    found: Any
    progress: Any


def propagate(tables: Tables, cand: Any, queue: Any, head: int, tail: int, dirty: int) -> int:
    """Narrow `cand` in place by naked and hidden singles; the number of placed cells, or -1.

    `queue[head:tail]` are cells with one candidate that their peers do not know of yet, `dirty`
    the touch bits of units that may hold a hidden single. -1 is a contradiction.
    """
    n, D, full, units, peer_start, peers, unit_cells, touch = tables
    while True:
        while head < tail:
            cell = queue[head]
            head += 1
            bit = cand[cell]
            for index in range(peer_start[cell], peer_start[cell + 1]):
                peer = peers[index]
                mask = cand[peer]
                if mask & bit:
                    mask ^= bit
                    if mask == 0:
                        return -1
                    cand[peer] = mask
                    dirty |= touch[peer]
                    if mask & (mask - 1) == 0:
                        queue[tail] = peer
                        tail += 1
        if tail == n or dirty == 0:
            return tail
        touched = dirty
        dirty = 0
        for unit in range(units):
            if (touched >> (unit % 63)) & 1 == 0:
                continue
            once = twice = placed = 0
            for index in range(unit * D, unit * D + D):
                mask = cand[unit_cells[index]]
                twice |= once & mask
                once |= mask
                if mask & (mask - 1) == 0:
                    placed |= mask
            if once != full:
                return -1
            hidden = full & ~twice & ~placed
            if hidden == 0:
                continue
            for index in range(unit * D, unit * D + D):
                cell = unit_cells[index]
                bit = cand[cell] & hidden
                if bit:
                    if bit & (bit - 1):
                        return -1
                    cand[cell] = bit
                    dirty |= touch[cell]
                    queue[tail] = cell
                    tail += 1


def fewest(tables: Tables, cand: Any) -> int:
    """The first of the open cells with the fewest candidates."""
    best_cell = 0
    best = 64
    for cell in range(tables.n):
        mask = cand[cell]
        rest = mask & (mask - 1)
        if rest == 0:
            continue
        rest &= rest - 1
        count = 2
        while rest and count < best:
            rest &= rest - 1
            count += 1
        if count < best:
            best = count
            best_cell = cell
            if best == 2:
                break
    return best_cell


def fewest_by_score(tables: Tables, cand: Any, scores: Any) -> tuple[int, int]:
    """The open cell with the fewest candidates, on ties the greatest margin; and its best bit."""
    D = tables.D
    best_cell = 0
    best_bit = 0
    best = 64
    best_margin = -1.0
    for cell in range(tables.n):
        mask = cand[cell]
        rest = mask & (mask - 1)
        if rest == 0:
            continue
        count = 1
        while rest and count <= best:
            rest &= rest - 1
            count += 1
        if count > best:
            continue
        first = second = -1e300
        first_bit = 0
        for value in range(D):
            if (mask >> value) & 1:
                score = scores[cell * D + value]
                if score > first:
                    second = first
                    first = score
                    first_bit = 1 << value
                elif score > second:
                    second = score
        if count < best or first - second > best_margin:
            best = count
            best_margin = first - second
            best_cell = cell
            best_bit = first_bit
    return best_cell, best_bit


def load(tables: Tables, state: State, masks: Any) -> None:
    """Begin a search from candidate masks (n,): propagate, and let the result wait on the stack."""
    stack, tails, cells, queue, _, progress = state
    cand = stack[0]
    progress[0] = progress[1] = progress[2] = 0
    tail = 0
    for cell in range(tables.n):
        mask = masks[cell]
        if mask == 0:
            return
        cand[cell] = mask
        if mask & (mask - 1) == 0:
            queue[tail] = cell
            tail += 1
    tail = propagate(tables, cand, queue, 0, tail, tables.full | ((1 << 62) - 1) | (1 << 62))
    if tail >= 0:
        tails[0] = tail
        cells[0] = OPEN_CELL
        progress[0] = 1


def search(tables: Tables, state: State, scores: Any, limit: int, budget: int) -> bool:
    """Go on until `limit` solutions are found or none is left (True) or `budget` guesses are made.

    Both count from `load`. `scores` (n * D,) steer it: cells with the fewest candidates first, on
    ties the greatest margin, values in falling order; empty, the first such cell, rising values.
    """
    stack, tails, cells, queue, found, progress = state
    depth, solutions, guesses = progress[0], progress[1], progress[2]
    n = tables.n
    scored = len(scores) > 0
    stored = len(found)
    done = True
    while depth > 0 and solutions < limit:
        depth -= 1
        tail = tails[depth]
        cell = cells[depth]
        head = tail
        dirty = 0
        if cell != OPEN_CELL:
            mask = stack[depth][cell]
            dirty = tables.touch[cell]
            if mask & (mask - 1) == 0:
                queue[tail] = cell
                tail += 1
        while True:
            cand = stack[depth]
            tail = propagate(tables, cand, queue, head, tail, dirty)
            if tail < 0:
                break
            if tail == n:
                if solutions < stored:
                    found[solutions][:] = cand
                solutions += 1
                break
            if guesses >= budget:
                tails[depth] = tail
                cells[depth] = OPEN_CELL
                depth += 1
                done = False
                break
            guesses += 1
            if scored:
                cell, bit = fewest_by_score(tables, cand, scores)
            else:
                cell = fewest(tables, cand)
                bit = cand[cell] & -cand[cell]
            stack[depth + 1][:] = cand
            cand[cell] ^= bit
            tails[depth] = tail
            cells[depth] = cell
            depth += 1
            stack[depth][cell] = bit
            head = tail
            queue[tail] = cell
            tail += 1
            dirty = tables.touch[cell]
        if not done:
            break
    progress[0] = depth
    progress[1] = solutions
    progress[2] = guesses
    return done


def solve_many(
    tables: Tables,
    state: State,
    masks: Any,
    scores: Any,
    limit: int,
    budget: int,
    solutions: Any,
    counts: Any,
    guesses: Any,
    complete: Any,
) -> None:
    """Search each row of `masks` (B, n): the first solution (B, n), counts, guesses, completeness.

    `scores` (B, n * D), or (1, 0) for none.
    """
    guided = len(scores[0]) > 0
    for row in range(len(masks)):
        load(tables, state, masks[row])
        done = search(tables, state, scores[row if guided else 0], limit, budget)
        counts[row] = state.progress[1]
        guesses[row] = state.progress[2]
        complete[row] = done
        if state.progress[1]:
            solutions[row][:] = state.found[0]


def dig_many(
    tables: Tables, state: State, solutions: Any, orders: Any, keep: Any, scores: Any
) -> None:
    """Take givens out of full grids (B, n) of one-bit masks, in place, while one solution is left.

    Clues go in the order of `orders` (B, n), until `keep[row]` are left or each was tried once:
    what is left then is minimal. A clue may go where no solution has another value in its cell.
    `scores` is empty: digging searches unsteered.
    """
    for row in range(len(solutions)):
        masks = solutions[row]
        left = tables.n
        for index in range(tables.n):
            if left <= keep[row]:
                break
            cell = orders[row][index]
            bit = masks[cell]
            masks[cell] = tables.full ^ bit
            load(tables, state, masks)
            search(tables, state, scores, 1, 1 << 62)
            if state.progress[1]:
                masks[cell] = bit
            else:
                masks[cell] = tables.full
                left -= 1
