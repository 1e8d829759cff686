/** Which items belong together; made by `count`, `tumbling`, `sliding` or `session`. */
export type Windows =
  | { readonly kind: 'count'; readonly size: number }
  | { readonly kind: 'sliding'; readonly ms: number; readonly every: number }
  | { readonly kind: 'session'; readonly gapMs: number }

/**
 * `size` items of the stream after one another, whatever their keys. Window k starts at item k · size and ends before item
 * (k + 1) · size, counted from 0; the last may be shorter. It is full with its last item and needs no time.
 *
 * @throws RangeError where `size` is not a whole number, at least 1.
 */
export function count(size: number): Windows {
  whole('count', 'size must be a whole number of items', size)
  return { kind: 'count', size }
}

/**
 * Windows of `ms` after one another: an item belongs to the one with start ≤ its time < start + ms. Starts are multiples
 * of `ms` since time 0.
 *
 * @throws RangeError where `ms` is not a whole number, at least 1.
 */
export function tumbling(ms: number): Windows {
  whole('tumbling', 'ms must be a whole number', ms)
  return { kind: 'sliding', ms, every: ms }
}

/**
 * Windows of `ms`, one starting at each multiple of `every`, so that they overlap: an item belongs to each with
 * start ≤ its time < start + ms, which are ms / every, rounded up or down.
 *
 * @throws RangeError where either is not a whole number, at least 1, or `every` is more than `ms`: items would be in none.
 */
export function sliding(ms: number, every: number): Windows {
  whole('sliding', 'ms must be a whole number', ms)
  whole('sliding', 'every must be a whole number', every)
  if (every > ms) throw new RangeError(`sliding: every must be at most ms, which is ${ms}; got ${every}`)
  return { kind: 'sliding', ms, every }
}

/**
 * Runs of a key's items with less than `gapMs` from each to the next in time. A session starts at its first item's time and
 * ends at its last one's + gapMs: an item at just that time begins another.
 *
 * @throws RangeError where `gapMs` is not a whole number, at least 1.
 */
export function session(gapMs: number): Windows {
  whole('session', 'gapMs must be a whole number', gapMs)
  return { kind: 'session', gapMs }
}

function whole(kind: string, wanted: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1)
    throw new RangeError(`${kind}: ${wanted}, at least 1; got ${got}`)
}
