/** Rows as aligned columns, the first row underlined as the heading; columns named in `right` end at the same place. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
      )
      .join('  ')
      .trimEnd()
  const [heading = '', ...body] = rows.map(line)
  return [heading, widths.map(width => '─'.repeat(width)).join('  '), ...body].join('\n')
}

/** A count as people read it: `1,234`, `56.7 k`, `8.9 M`. */
export function count(value: number): string {
  if (value >= 1e7) return `${(value / 1e6).toFixed(1)} M`
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e5) return `${Math.round(value / 1e3)} k`
  return Math.round(value).toLocaleString('en-US')
}

/** A length of time as people read it: `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** A number of bytes as people read it: `512 B`, `3.4 KB`, `56.7 MB`; a KB is 1,000 bytes. */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`
  const units = ['KB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** unit
  return `${scaled.toFixed(scaled < 99.95 ? 1 : 0)} ${units[unit - 1]}`
}

/** A peer's id as people tell peers apart: its last eight characters. */
export function peerName(peer: string): string {
  return peer.slice(-8)
}
