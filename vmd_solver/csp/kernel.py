"""The exact kernel: singles propagation and a complete search, written once for two machines.

Everything here is the subset of Python that numba compiles. It runs as it stands on lists of ints
(one puzzle, no import cost), and compiled on int64 arrays (batches, data making), with the same
results guess for guess: see `compiled`. A candidate mask has bit v - 1 set where value v is
possible; 63 values leave the sign bit alone. It must not know of puzzles, files or networks.

The search is depth first and two-way: a guess copies the state, sets the value in the copy and
strikes it from the original, which waits below on the stack. All that a search knows lies in
`State`, so that a caller may stop it after any number of guesses and go on later, even on the
other machine. Source: fail-first branching after Haralick and Elliott (1980); the layout is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

GROUPS = 63
"""Bits of a touch mask: complete units that share one are looked at together."""

NO_CELL = -1
"""In `State.changed`: nothing is left to propagate."""


class Tables(NamedTuple):
    """A board in flat form; the sequences are lists of int, or arrays where compiled.

    Cell c has the peers `peers[peer_start[c]:peer_start[c + 1]]`, complete unit u likewise its
    cells. `touch[c]` has bit u % GROUPS set for each complete unit u that holds c. Incomplete
    units live in the peers alone: they have no hidden singles.
    """

    n: int
    D: int
    full: int
    units: int
    peer_start: Any
    peers: Any
    unit_start: Any
    unit_cells: Any
    touch: Any


class State(NamedTuple):
    """All of a search. `stack[:depth]` (levels, n) are candidate masks of the states that wait.

    The last of them is the next to look at. `tails[level]` cells are placed there, the first of
    `queue` (n,), and `changed[level]` is the cell whose mask was narrowed since, or NO_CELL.
    `found` (stored, n) keeps the first solutions. `progress` is [depth, solutions, guesses].
    """

    stack: Any
    tails: Any
    changed: Any
    queue: Any
    found: Any
    progress: Any


def naked(
    tables: Tables, cand: Any, queue: Any, head: int, tail: int, dirty: int
) -> tuple[int, int]:
    """Strike the values of `queue[head:tail]`, and of the cells that follow, from their peers.

    Returns the number of placed cells, -1 on a contradiction, and `dirty` with the touch bits of
    every narrowed cell.
    """
    peer_start, peers, touch = tables.peer_start, tables.peers, tables.touch
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
                    return -1, dirty
                cand[peer] = mask
                dirty |= touch[peer]
                if mask & (mask - 1) == 0:
                    queue[tail] = peer
                    tail += 1
    return tail, dirty


def hidden(tables: Tables, cand: Any, queue: Any, tail: int, touched: int) -> tuple[int, int]:
    """Place the values that have one cell left in a `touched` complete unit; as `naked` returns."""
    full, unit_start, unit_cells = tables.full, tables.unit_start, tables.unit_cells
    dirty = 0
    for unit in range(tables.units):
        if (touched >> (unit % GROUPS)) & 1 == 0:
            continue
        once = twice = placed = 0
        for index in range(unit_start[unit], unit_start[unit + 1]):
            mask = cand[unit_cells[index]]
            twice |= once & mask
            once |= mask
            if mask & (mask - 1) == 0:
                placed |= mask
        if once != full:
            return -1, dirty
        single = full & ~twice & ~placed
        if single == 0:
            continue
        for index in range(unit_start[unit], unit_start[unit + 1]):
            cell = unit_cells[index]
            bit = cand[cell] & single
            if bit:
                if bit & (bit - 1):
                    return -1, dirty
                cand[cell] = bit
                dirty |= tables.touch[cell]
                queue[tail] = cell
                tail += 1
    return tail, dirty


def propagate(tables: Tables, cand: Any, queue: Any, head: int, tail: int, dirty: int) -> int:
    """Narrow `cand` in place until singles yield no more; the number of placed cells, or -1.

    `queue[head:tail]` are cells with one candidate whose peers do not know of it, `dirty` the
    touch bits of the units that may hold a hidden single.
    """
    while True:
        tail, dirty = naked(tables, cand, queue, head, tail, dirty)
        if tail < 0 or tail == tables.n or dirty == 0:
            return tail
        head = tail
        tail, dirty = hidden(tables, cand, queue, tail, dirty)
        if tail < 0:
            return tail


def fewest(tables: Tables, cand: Any) -> tuple[int, int]:
    """The first of the open cells with the fewest candidates, and how many it has."""
    best_cell = NO_CELL
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
    return best_cell, best


def best_by_score(tables: Tables, mask: int, scores: Any, start: int) -> tuple[int, float]:
    """The candidate bit with the greatest of the cell's `scores[start:start + D]`, its margin."""
    best = mask & -mask
    first = second = -1e300
    for value in range(tables.D):
        if (mask >> value) & 1:
            score = scores[start + value]
            if score > first:
                second = first
                first = score
                best = 1 << value
            elif score > second:
                second = score
    return best, first - second


def choose(tables: Tables, cand: Any, scores: Any) -> tuple[int, int]:
    """The cell to guess at and the candidate bit to try first.

    A cell with the fewest candidates; the one with the greatest margin between its two best
    scores, and its best value. Without scores, the first such cell and its lowest value.
    """
    cell, count = fewest(tables, cand)
    mask = cand[cell]
    if len(scores) == 0:
        return cell, mask & -mask
    bit, margin = best_by_score(tables, mask, scores, cell * tables.D)
    for other in range(cell + 1, tables.n):
        rest = mask = cand[other]
        size = 0
        while rest and size <= count:
            rest &= rest - 1
            size += 1
        if size == count:
            other_bit, other_margin = best_by_score(tables, mask, scores, other * tables.D)
            if other_margin > margin:
                cell, bit, margin = other, other_bit, other_margin
    return cell, bit


def load(tables: Tables, state: State, masks: Any) -> None:
    """Begin a search at candidate masks (n,): propagated, they wait on the stack unless refuted."""
    n, full, peer_start, peers = tables.n, tables.full, tables.peer_start, tables.peers
    cand, given, queue, progress = state.stack[0], state.stack[1], state.queue, state.progress
    progress[0] = progress[1] = progress[2] = 0
    placed = 0
    for cell in range(n):
        mask = masks[cell]
        cand[cell] = mask
        given[cell] = 0
        if mask & (mask - 1) == 0:
            given[cell] = mask
            queue[placed] = cell
            placed += 1
    # One pass over all peers: with many givens faster than to strike them one by one.
    tail = placed
    for cell in range(n):
        used = 0
        for index in range(peer_start[cell], peer_start[cell + 1]):
            used |= given[peers[index]]
            if used == full:
                return
        mask = cand[cell]
        kept = mask & ~used
        if kept == 0:
            return
        if kept != mask:
            cand[cell] = kept
            if kept & (kept - 1) == 0:
                queue[tail] = cell
                tail += 1
    tail = propagate(tables, cand, queue, placed, tail, (1 << (GROUPS - 1)) * 2 - 1)
    if tail >= 0:
        state.tails[0] = tail
        state.changed[0] = NO_CELL
        progress[0] = 1


def settle(tables: Tables, state: State, cand: Any, level: int) -> int:
    """Propagate what changed in the waiting state `cand`; the number of placed cells, or -1."""
    cell = state.changed[level]
    tail: int = state.tails[level]
    head = tail
    if cell == NO_CELL:
        return tail
    if cand[cell] & (cand[cell] - 1) == 0:
        state.queue[tail] = cell
        tail += 1
    return propagate(tables, cand, state.queue, head, tail, tables.touch[cell])


def search(tables: Tables, state: State, scores: Any, limit: int, budget: int) -> bool:
    """Go on until `limit` solutions are found or no state waits (True), or `budget` guesses made.

    Solutions and guesses count from `load`. `scores` (n * D,), or empty, steer as in `choose`.
    """
    stack, tails, changed, _, found, progress = state
    depth, solutions, guesses = progress[0], progress[1], progress[2]
    while depth > 0 and solutions < limit:
        level = depth - 1
        cand = stack[level]
        tail = settle(tables, state, cand, level)
        if tail < 0 or tail == tables.n:
            depth = level
            if tail > 0:
                if solutions < len(found):
                    found[solutions][:] = cand
                solutions += 1
            continue
        if guesses >= budget:
            tails[level] = tail
            changed[level] = NO_CELL
            break
        cell, bit = choose(tables, cand, scores)
        guess = stack[depth]
        guess[:] = cand
        guess[cell] = bit
        cand[cell] ^= bit
        tails[level] = tails[depth] = tail
        changed[level] = changed[depth] = cell
        depth += 1
        guesses += 1
    progress[0], progress[1], progress[2] = depth, solutions, guesses
    done: bool = depth == 0 or solutions >= limit
    return done


def propagate_many(tables: Tables, state: State, masks: Any) -> None:
    """Narrow each row of `masks` (B, n) in place; zeros where it contradicts itself."""
    for row in range(len(masks)):
        words = masks[row]
        load(tables, state, words)
        if state.progress[0] > 0:
            words[:] = state.stack[0]
        else:
            for cell in range(tables.n):
                words[cell] = 0


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
    """Search from each row of `masks` (B, n), and fill the four last arguments.

    `solutions` (B, n) masks, the first one of each row; `counts`, `guesses` and `complete` (B,),
    1 where `limit` was reached or no more exist. `scores` (B, n * D), or (1, 0) for none.
    """
    for row in range(len(masks)):
        load(tables, state, masks[row])
        done = search(tables, state, scores[row if len(scores) > 1 else 0], limit, budget)
        counts[row] = state.progress[1]
        guesses[row] = state.progress[2]
        complete[row] = 1 if done else 0
        if state.progress[1] > 0:
            solutions[row][:] = state.found[0]


def lone_many(
    tables: Tables, state: State, masks: Any, scores: Any, limit: int, budget: int, lone: Any
) -> None:
    """Fill `lone` (B, n) with the values that one solution has in a cell, and no other solution.

    Zeros where a row of `masks` (B, n) has fewer than two solutions, `limit` or more, or a search
    of `budget` guesses does not tell. `state` keeps `limit` solutions; `scores` is empty.
    """
    for row in range(len(masks)):
        load(tables, state, masks[row])
        done = search(tables, state, scores, limit, budget)
        solutions = state.progress[1]
        known = solutions if done and 1 < solutions < limit else 0
        for cell in range(tables.n):
            once = twice = 0
            for index in range(known):
                bit = state.found[index][cell]
                twice |= once & bit
                once |= bit
            lone[row][cell] = once & ~twice


def dig(
    tables: Tables,
    state: State,
    solution: Any,
    order: Any,
    scores: Any,
    givens: int,
    budget: int,
    puzzle: Any,
) -> None:
    """Take clues out of one `puzzle` with the solution `solution` (n,), as `dig_many` says."""
    n, full = tables.n, tables.full
    index = 0
    while index < n and puzzle[order[index]] != solution[order[index]]:
        index += 1
    size = (n - index) // 2
    while size > 1 and index + givens < n:
        take = min(size, n - givens - index)
        for step in range(index, index + take):
            puzzle[order[step]] = full
        load(tables, state, puzzle)
        if search(tables, state, scores, 2, 0) and state.progress[1] == 1:
            index += take
        else:
            for step in range(index, index + take):
                puzzle[order[step]] = solution[order[step]]
            size //= 2
    left = n - index
    while index < n and left > givens:
        cell = order[index]
        index += 1
        puzzle[cell] = full ^ solution[cell]
        load(tables, state, puzzle)
        if search(tables, state, scores, 1, budget) and state.progress[1] == 0:
            puzzle[cell] = full
            left -= 1
        else:
            puzzle[cell] = solution[cell]


def dig_many(
    tables: Tables,
    state: State,
    solutions: Any,
    orders: Any,
    scores: Any,
    givens: int,
    budget: int,
    puzzles: Any,
) -> None:
    """Take clues out of puzzles, in the order of `orders` (B, n), while one solution is left.

    `solutions` and `puzzles` (B, n) are masks; a puzzle may be the full grid. `orders` name its
    open cells first. Row by row, until `givens` clues are left or each was tried once: what is left
    then is minimal. A clue goes where a search proves, within `budget` guesses, that no solution
    has another value in its cell.

    At first many clues go at a time, as long as singles alone solve what is left: the outcome is
    the same as one at a time, in two thirds of the time. `scores` is empty.
    """
    for row in range(len(solutions)):
        dig(tables, state, solutions[row], orders[row], scores, givens, budget, puzzles[row])
