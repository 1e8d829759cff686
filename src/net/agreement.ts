import type { Hello } from './messages.ts'

/**
 * Why two peers cannot train together, in words for a user; undefined where they can.
 */
export function disagreement(ours: Hello, theirs: Hello): string | undefined {
  if (ours.swarm !== theirs.swarm)
    return `it is in the swarm ${JSON.stringify(theirs.swarm)}, not ${JSON.stringify(ours.swarm)}`
  if (ours.job === theirs.job) return undefined
  const differences = differingOptions(ours.jobText, theirs.jobText)
  return `its job is another: ${differences.length > 0 ? differences.join(', ') : 'other options'}; start both with the same options`
}

// A job's text comes from the other peer and is only ever shown.
function differingOptions(ours: string, theirs: string): string[] {
  const mine = fieldsOf(ours)
  const others = fieldsOf(theirs)
  const differing: string[] = []
  for (const name of new Set([...Object.keys(mine), ...Object.keys(others)])) {
    const [here, there] = [mine[name], others[name]].map(
      value => JSON.stringify(value)?.slice(0, 40) ?? 'nothing'
    )
    if (here !== there) differing.push(`${name.slice(0, 40)} ${there} there and ${here} here`)
  }
  return differing.slice(0, 8)
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
