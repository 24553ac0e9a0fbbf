"""The exact kernel: propagation of every rule and a complete search, written once for two machines.

Everything here is the subset of Python that numba compiles. It runs as it stands on lists of ints
(one puzzle, no import cost), and compiled on int64 arrays (batches, data making), with the same
results guess for guess: see `compiled`. A candidate mask has bit v - 1 set where value v is
possible; 63 values leave the sign bit alone. It must not know of puzzles, files or networks.

Three propagators serve all rules: singles for units, arc consistency for relations, and for
automata reachability through their layers, forward and back. The cheaper ones come first.

The search is depth first and two-way: a guess copies the state, sets the value in the copy and
strikes it from the original, which waits below on the stack. A search that fails too often
restarts, and from then on prefers cells that were the end of many branches. `State` holds all of a
search, so that a caller may stop it after any number of guesses and continue later, even on the
other machine.

Sources: fail-first branching after Haralick and Elliott (1980); guesses at the place of a value,
and the scarcest value first, after Dotu et al., Redundant modeling for the quasigroup completion
problem (2003); weights of failure after Boussemart et al., Boosting systematic search by weighting
constraints (2004); restarts after Gomes et al. (1998); automata after Pesant, A regular language
membership constraint for finite sequences of variables (2004). The layout is ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

GROUPS = 63
"""Bits of a touch mask: complete units that share one are looked at together."""

NO_CELL = -1
"""In `State.changed`: nothing is left to propagate."""

PAIR = 2
"""Candidates of a cell, or places of a value in a unit, that a guess decides either way."""

FIRST_RUN = 250
"""Failures after which a search restarts for the first time; 9x9 puzzles rarely have that many."""

CELL_WEIGHT, UNIT_WEIGHT = 8, 2
"""A failure adds so much to the cell that lost its last candidate, or to each cell of the unit in
which a value lost its last place; cells start with CELL_WEIGHT."""


class Units(NamedTuple):
    """The units of a board in flat form; the sequences are lists of int, or arrays where compiled.

    Cell c has the peers `peers[peer_start[c]:peer_start[c + 1]]`, complete unit u likewise its
    cells. `touch[c]` has bit u % GROUPS set for each complete unit u that holds c. Incomplete
    units live in the peers alone: they have no hidden singles. The first `cells` of the n cells
    are the board's; the others are hidden, and follow from these.
    """

    n: int
    cells: int
    D: int
    full: int
    complete: int
    peer_start: Any
    peers: Any
    unit_start: Any
    unit_cells: Any
    touch: Any


class Rules(NamedTuple):
    """Relations and automata, in one sequence `program`: every array that is handed on costs time.

    `size` is how many there are. The fields after `program` say where in it, or in `notes`,
    something begins: `domains`, masks of what each cell may be; for each cell where its links start
    (`link_start`), and likewise the automata that read it (`reader_start`, `readers`). A link is to
    the cell `link_to`, by the D masks from `link_rows` on. Automaton a reads the cells `read_cells`
    between two entries of `read_start`; its layer i has the states from
    `layers[layer_start[a] + i]` up to the next entry, and the state after its last layer accepts.
    State s has the arcs between two entries of `arc_start`: any of `arc_values` leads to the state
    `arc_to`. A state is `free` if from there on every value is accepted. Small automata come first.

    `notes` begin with the candidates (n,) that the rules know of; from `waits` on, whether each
    cell's links are to be followed; from `pending` on, these cells, after their number; from
    `stale` on, whether each automaton is to be read again; from `reached` on, its states.
    """

    size: int
    automata: int
    program: Any
    domains: int
    link_start: int
    link_to: int
    link_rows: int
    reader_start: int
    readers: int
    read_start: int
    read_cells: int
    layer_start: int
    layers: int
    arc_start: int
    arc_values: int
    arc_to: int
    free: int
    waits: int
    pending: int
    stale: int
    reached: int


class Tables(NamedTuple):
    """A board in flat form."""

    units: Units
    rules: Rules


class State(NamedTuple):
    """All of a search. `stack[:depth]` (levels, n) are candidate masks of the states that wait.

    The last of them is the next to look at. `tails[level]` cells are placed there, the first of
    `queue` (n,), and `changed[level]` is the cell whose mask was narrowed since, or NO_CELL.
    `found` (stored, cells) keeps the first solutions. `root` (n,) is where the search began, and
    where it restarts; `weights` (n,) grow with the failures of each cell. `progress` is [depth,
    solutions, guesses, failures of this run, most failures of this run, cells placed in `root`].
    `notes` are those of `Rules`.
    """

    stack: Any
    tails: Any
    changed: Any
    queue: Any
    found: Any
    root: Any
    weights: Any
    progress: Any
    notes: Any


def naked(units: Units, cand: Any, queue: Any, head: int, tail: int, dirty: int) -> tuple[int, int]:
    """Strike the values of `queue[head:tail]`, and of the cells that follow, from their peers.

    Returns the number of placed cells, and `dirty` with the touch bits of every narrowed cell. A
    contradiction is -1 - c where cell c lost its last candidate.
    """
    peer_start, peers, touch = units.peer_start, units.peers, units.touch
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
                    return -1 - int(peer), dirty
                cand[peer] = mask
                dirty |= touch[peer]
                if mask & (mask - 1) == 0:
                    queue[tail] = peer
                    tail += 1
    return tail, dirty


def hidden(units: Units, cand: Any, queue: Any, tail: int, touched: int) -> tuple[int, int]:
    """Place the values that have one cell left in a `touched` complete unit.

    Returns what `naked` does, and -1 - n - u where a value lost its last place in unit u.
    """
    full, unit_start, unit_cells = units.full, units.unit_start, units.unit_cells
    dirty = 0
    for unit in range(units.complete):
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
            return -1 - units.n - unit, dirty
        single = full & ~twice & ~placed
        if single == 0:
            continue
        for index in range(unit_start[unit], unit_start[unit + 1]):
            cell = unit_cells[index]
            bit = cand[cell] & single
            if bit:
                if bit & (bit - 1):
                    return -1 - int(cell), dirty
                cand[cell] = bit
                dirty |= units.touch[cell]
                queue[tail] = cell
                tail += 1
    return tail, dirty


def singles(units: Units, cand: Any, queue: Any, head: int, tail: int, dirty: int) -> int:
    """Narrow `cand` in place until singles yield no more.

    Returns the number of placed cells, or what `naked` and `hidden` say of a contradiction.
    `queue[head:tail]` are cells with one candidate whose peers do not know of it, `dirty` the
    touch bits of the units that may hold a hidden single.
    """
    while True:
        tail, dirty = naked(units, cand, queue, head, tail, dirty)
        if tail < 0 or tail == units.n or dirty == 0:
            return tail
        head = tail
        tail, dirty = hidden(units, cand, queue, tail, dirty)
        if tail < 0:
            return tail


def notice(rules: Rules, notes: Any, cell: int, mask: int, by: int) -> None:
    """Let the relations and automata of a cell know its candidates; automaton `by` does."""
    program = rules.program
    notes[cell] = mask
    if notes[rules.waits + cell] == 0:
        notes[rules.waits + cell] = 1
        notes[rules.pending] += 1
        notes[rules.pending + notes[rules.pending]] = cell
    start = rules.reader_start + cell
    for index in range(program[start], program[start + 1]):
        automaton = program[rules.readers + index]
        if automaton != by:
            notes[rules.stale + automaton] = 1


def relate(
    units: Units, rules: Rules, notes: Any, cand: Any, queue: Any, tail: int, dirty: int
) -> tuple[int, int]:
    """Follow the links of pending cells until each value has a partner. Returns what `naked` does.

    The cells of `queue` from `tail` on are new.
    """
    program, pending = rules.program, rules.pending
    while notes[pending] > 0:
        cell = notes[pending + notes[pending]]
        notes[pending] -= 1
        notes[rules.waits + cell] = 0
        start = rules.link_start + cell
        for index in range(program[start], program[start + 1]):
            other = program[rules.link_to + index]
            before = cand[other]
            at = program[rules.link_rows + index]
            left = cand[cell]
            partners = 0
            while left:
                if left & 1:
                    partners |= program[at]
                left >>= 1
                at += 1
            mask = before & partners
            if mask == before:
                continue
            if mask == 0:
                return -1 - other, dirty
            cand[other] = mask
            dirty |= units.touch[other]
            if mask & (mask - 1) == 0:
                queue[tail] = other
                tail += 1
            notice(rules, notes, other, mask, -1)
    return tail, dirty


def read(
    units: Units,
    rules: Rules,
    notes: Any,
    cand: Any,
    queue: Any,
    tail: int,
    dirty: int,
    automaton: int,
) -> tuple[int, int]:
    """Leave in the cells of an automaton the values on some way from its start to its end.

    Returns what `naked` does, and -1 - n - units - automaton where there is no way.
    """
    program = rules.program
    arc_start, arc_values, arc_to = rules.arc_start, rules.arc_values, rules.arc_to
    start = program[rules.read_start + automaton]
    cells = rules.read_cells + start
    layer = rules.layers + program[rules.layer_start + automaton]
    reached = rules.reached - program[layer]
    notes[reached + program[layer]] = 1
    index, going = 0, True
    while going:
        mask = cand[program[cells + index]]
        going = False
        for state in range(program[layer + index + 1], program[layer + index + 2]):
            notes[reached + state] = 0
        for state in range(program[layer + index], program[layer + index + 1]):
            if notes[reached + state]:
                for arc in range(program[arc_start + state], program[arc_start + state + 1]):
                    if program[arc_values + arc] & mask:
                        to = program[arc_to + arc]
                        notes[reached + to] = 1
                        going |= program[rules.free + to] == 0
        index += 1
    # All that is reached is free: the rest of the cells does not matter.
    some = False
    for state in range(program[layer + index], program[layer + index + 1]):
        if notes[reached + state]:
            notes[reached + state] = 2
            some = True
    if not some:
        return -1 - units.n - units.complete - automaton, dirty
    while index > 0:
        index -= 1
        cell = program[cells + index]
        mask = cand[cell]
        kept = 0
        for state in range(program[layer + index], program[layer + index + 1]):
            if notes[reached + state]:
                for arc in range(program[arc_start + state], program[arc_start + state + 1]):
                    values = program[arc_values + arc] & mask
                    if values and notes[reached + program[arc_to + arc]] == 2:
                        kept |= values
                        notes[reached + state] = 2
        if kept == mask:
            continue
        if kept == 0:  # a cell that is read twice
            return -1 - units.n - units.complete - automaton, dirty
        cand[cell] = kept
        dirty |= units.touch[cell]
        if kept & (kept - 1) == 0:
            queue[tail] = cell
            tail += 1
        notice(rules, notes, cell, kept, automaton)
    return tail, dirty


def follow(units: Units, rules: Rules, notes: Any, cand: Any, queue: Any, tail: int) -> int:
    """Narrow `cand`, which singles have left, until no rule yields more. Returns as `singles`."""
    head, dirty = tail, 0
    while True:
        for cell in range(units.n):
            if cand[cell] != notes[cell]:
                notice(rules, notes, cell, cand[cell], -1)
        if notes[rules.pending] > 0:
            tail, dirty = relate(units, rules, notes, cand, queue, tail, dirty)
        if tail == head and dirty == 0:
            automaton = 0
            while automaton < rules.automata and notes[rules.stale + automaton] == 0:
                automaton += 1
            if automaton == rules.automata:
                return tail
            notes[rules.stale + automaton] = 0
            tail, dirty = read(units, rules, notes, cand, queue, tail, dirty, automaton)
            if tail >= 0 and notes[rules.pending] > 0:
                tail, dirty = relate(units, rules, notes, cand, queue, tail, dirty)
        if tail > head or dirty:
            tail = singles(units, cand, queue, head, tail, dirty)
            head, dirty = tail, 0
        if tail < 0:
            return tail


def forget(rules: Rules, notes: Any, cand: Any, changed: int) -> None:
    """Begin with rules that know the candidates `cand` (n,) but for one cell, or NO_CELL."""
    pending = rules.pending
    while notes[pending] > 0:
        notes[rules.waits + notes[pending + notes[pending]]] = 0
        notes[pending] -= 1
    for automaton in range(rules.automata):
        notes[rules.stale + automaton] = 0
    for cell in range(len(cand)):
        notes[cell] = cand[cell]
    if changed != NO_CELL:
        notes[changed] = 0


def best_by_score(units: Units, mask: int, scores: Any, start: int) -> tuple[int, float]:
    """The candidate bit with the greatest of the cell's `scores[start:start + D]`, its margin."""
    best = mask & -mask
    first = second = -1e300
    for value in range(units.D):
        if (mask >> value) & 1:
            score = scores[start + value]
            if score > first:
                second = first
                first = score
                best = 1 << value
            elif score > second:
                second = score
    return best, first - second


def rarest(units: Units, cand: Any, cell: int, mask: int) -> int:
    """The candidate bit in `mask` that the fewest peers of a cell have, too."""
    best, fewest = 0, units.n
    while mask:
        bit = mask & -mask
        mask ^= bit
        count = 0
        for index in range(units.peer_start[cell], units.peer_start[cell + 1]):
            if cand[units.peers[index]] & bit:
                count += 1
        if count < fewest:
            best, fewest = bit, count
    return best


def choose_place(
    units: Units, cand: Any, weights: Any, best: int, best_weight: int
) -> tuple[int, int]:
    """A cell and a value with two places in a unit, if that weighs more than the best so far.

    That is a cell with `best` candidates and `best_weight`; NO_CELL where nothing does.
    """
    unit_start, unit_cells = units.unit_start, units.unit_cells
    best_cell, best_pair = NO_CELL, 0
    for unit in range(units.complete):
        once = twice = more = 0
        for index in range(unit_start[unit], unit_start[unit + 1]):
            mask = cand[unit_cells[index]]
            more |= twice & mask
            twice |= once & mask
            once |= mask
        pairs = twice & ~more
        if pairs == 0:
            continue
        for index in range(unit_start[unit], unit_start[unit + 1]):
            cell = unit_cells[index]
            if cand[cell] & pairs and PAIR * best_weight < best * weights[cell]:
                best_cell, best, best_weight = cell, PAIR, weights[cell]
                best_pair = cand[cell] & pairs
    return best_cell, best_pair


def choose(units: Units, cand: Any, scores: Any, weights: Any) -> tuple[int, int]:
    """The cell to guess at and the candidate bit to try first.

    A cell with the fewest candidates for its weight; of such the one with the greatest margin
    between its two best scores, and its best value. Without scores the first, and the value that
    the fewest peers have, too; where no cell is down to two, a value with two places in a unit will
    do as well.
    """
    best_cell, best_bit, best_margin = NO_CELL, 0, 0.0
    best = best_weight = 1
    for cell in range(units.cells):
        mask = cand[cell]
        rest = mask & (mask - 1)
        if rest == 0:
            continue
        count = 1
        while rest:
            rest &= rest - 1
            count += 1
        mine, least = count * best_weight, best * weights[cell]
        if best_cell == NO_CELL or mine < least:
            best_cell, best, best_weight = cell, count, weights[cell]
            if len(scores) > 0:
                best_bit, best_margin = best_by_score(units, mask, scores, cell * units.D)
        elif mine == least and len(scores) > 0:
            bit, margin = best_by_score(units, mask, scores, cell * units.D)
            if margin > best_margin:
                best_cell, best_bit, best_margin = cell, bit, margin
    if len(scores) == 0:
        mask = cand[best_cell]
        if best > PAIR:
            cell, pair = choose_place(units, cand, weights, best, best_weight)
            if cell != NO_CELL:
                best_cell, mask = cell, pair
        best_bit = rarest(units, cand, best_cell, mask)
    return best_cell, best_bit


def load(tables: Tables, state: State, masks: Any) -> None:
    """Begin a search at masks (cells,): propagated, they wait on the stack unless refuted."""
    units, rules = tables
    n, full, peer_start, peers = units.n, units.full, units.peer_start, units.peers
    cand, given, queue, progress = state.stack[0], state.stack[1], state.queue, state.progress
    progress[0] = progress[1] = progress[2] = progress[3] = 0
    progress[4] = FIRST_RUN
    placed = 0
    for cell in range(n):
        mask = rules.program[rules.domains + cell]
        if cell < units.cells:
            mask &= masks[cell]
        state.weights[cell] = CELL_WEIGHT
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
    tail = singles(units, cand, queue, placed, tail, (1 << (GROUPS - 1)) * 2 - 1)
    if tail >= 0 and rules.size > 0:
        for cell in range(n):
            given[cell] = 0
        forget(rules, state.notes, given, NO_CELL)
        for automaton in range(rules.automata):
            state.notes[rules.stale + automaton] = 1
        tail = follow(units, rules, state.notes, cand, queue, tail)
    if tail >= 0:
        state.root[:] = cand
        progress[5] = tail
        begin(state)


def begin(state: State) -> None:
    """Put the root of the search on the stack, alone."""
    state.stack[0][:] = state.root
    state.tails[0] = state.progress[5]
    state.changed[0] = NO_CELL
    state.progress[0] = 1


def fail(tables: Tables, weights: Any, blame: int) -> None:
    """Add a failure to the weights of cells: `blame` is what `singles` or `follow` returned."""
    units, rules = tables
    place = -1 - blame
    if place < units.n:
        weights[place] += CELL_WEIGHT
        return
    unit = place - units.n
    if unit < units.complete:
        for index in range(units.unit_start[unit], units.unit_start[unit + 1]):
            weights[units.unit_cells[index]] += UNIT_WEIGHT
        return
    program, start = rules.program, rules.read_start + unit - units.complete
    for index in range(program[start], program[start + 1]):
        weights[program[rules.read_cells + index]] += UNIT_WEIGHT


def settle(units: Units, cand: Any, queue: Any, tail: int, cell: int) -> int:
    """Propagate that `cell` of a waiting state `cand` was narrowed; returns what `singles` does."""
    head = tail
    if cell == NO_CELL:
        return tail
    if cand[cell] & (cand[cell] - 1) == 0:
        queue[tail] = cell
        tail += 1
    return singles(units, cand, queue, head, tail, units.touch[cell])


def search(tables: Tables, state: State, scores: Any, limit: int, budget: int) -> bool:
    """Continue until `limit` solutions are found or no state waits (True).

    False where `budget` is spent, or the stack is full.

    Solutions and guesses count from `load`. `scores` (n * D,), or empty, steer as in `choose`. As
    long as there is no solution, too many failures end a run; each may have half as many again.
    """
    units, rules = tables
    stack, tails, changed, queue = state.stack, state.tails, state.changed, state.queue
    found, weights, progress = state.found, state.weights, state.progress
    while progress[0] > 0 and progress[1] < limit:
        level = progress[0] - 1
        cand = stack[level]
        if rules.size > 0:
            forget(rules, state.notes, cand, changed[level])
        tail = settle(units, cand, queue, tails[level], changed[level])
        if rules.size > 0 and tail >= 0:
            tail = follow(units, rules, state.notes, cand, queue, tail)
        if tail == units.n:
            progress[0] = level
            if progress[1] < len(found):
                found[progress[1]][:] = cand[: units.cells]
            progress[1] += 1
            continue
        if tail < 0:
            progress[0] = level
            fail(tables, weights, tail)
            progress[3] += 1
            if level > 0 and progress[3] >= progress[4] and progress[1] == 0:
                progress[3] = 0
                progress[4] += (progress[4] + 1) // 2
                begin(state)
            continue
        if progress[2] >= budget or level + 1 == len(stack):
            tails[level] = tail
            changed[level] = NO_CELL
            break
        cell, bit = choose(units, cand, scores, weights)
        guess = stack[level + 1]
        guess[:] = cand
        guess[cell] = bit
        cand[cell] ^= bit
        tails[level] = tails[level + 1] = tail
        changed[level] = changed[level + 1] = cell
        progress[0] += 1
        progress[2] += 1
    done: bool = progress[0] == 0 or progress[1] >= limit
    return done


def propagate_many(tables: Tables, state: State, masks: Any) -> None:
    """Narrow each row of `masks` (B, cells) in place; zeros where it contradicts itself."""
    for row in range(len(masks)):
        words = masks[row]
        load(tables, state, words)
        if state.progress[0] > 0:
            words[:] = state.stack[0][: tables.units.cells]
        else:
            for cell in range(tables.units.cells):
                words[cell] = 0


def solve_many(
    tables: Tables,
    state: State,
    masks: Any,
    scores: Any,
    limit: int,
    budget: int,
    solutions: Any,
    told: Any,
) -> None:
    """Search from each row of `masks` (B, cells), and fill the two last arguments.

    `solutions` (B, cells) masks, the first one of each row; `told` (B, 3) how many there are,
    guesses, and 1 where `limit` was reached or no more exist. `scores` (B, n * D), or (1, 0) for
    none.
    """
    for row in range(len(masks)):
        load(tables, state, masks[row])
        done = search(tables, state, scores[row if len(scores) > 1 else 0], limit, budget)
        facts = told[row]
        facts[0], facts[1] = state.progress[1], state.progress[2]
        facts[2] = 1 if done else 0
        if state.progress[1] > 0:
            solutions[row][:] = state.found[0]


def lone_many(
    tables: Tables, state: State, masks: Any, scores: Any, limit: int, budget: int, lone: Any
) -> None:
    """Fill `lone` (B, cells) with the values that one solution alone has in a cell.

    Zeros where a row of `masks` (B, n) has fewer than two solutions, `limit` or more, or a search
    of `budget` guesses does not tell. `state` keeps `limit` solutions; `scores` is empty.
    """
    for row in range(len(masks)):
        load(tables, state, masks[row])
        done = search(tables, state, scores, limit, budget)
        solutions = state.progress[1]
        known = solutions if done and 1 < solutions < limit else 0
        for cell in range(tables.units.cells):
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
    n, full = tables.units.cells, tables.units.full
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
