// Senders of bench/ingest.ts, in a process of their own: node bench/ingest-sender.ts SENDING, as JSON; prints a Sent.

export interface Sending {
  readonly url: string
  readonly senders: number
  /** Items that all of them have to send in a second. */
  readonly rate: number
  readonly seconds: number
}

export interface Sent {
  /** Items that the server said it had accepted, for each sender. */
  readonly accepted: readonly number[]
  /** Answers 429. */
  readonly turnedAway: number
  /** Items that were sent, those that were turned away included. */
  readonly offered: number
}

/** An item: which of whose it is, and as much text as an event has. */
export interface Posted {
  readonly sender: number
  readonly n: number
  readonly text: string
}

const BATCH = 500
const TEXT = 'an event with as much in it as events have, give or take some words, and no more than that'

if (import.meta.main) {
  const sending = JSON.parse(process.argv[2] ?? '') as Sending
  const all = await Promise.all(Array.from({ length: sending.senders }, (_, sender) => send(sending, sender)))
  const sum = (count: (one: (typeof all)[number]) => number) =>
    all.reduce((total, one) => total + count(one), 0)
  const sent: Sent = {
    accepted: all.map(({ accepted }) => accepted),
    turnedAway: sum(({ turnedAway }) => turnedAway),
    offered: sum(({ offered }) => offered)
  }
  console.log(JSON.stringify(sent))
}

/** Sends numbered items at its share of the rate, whatever the answers; those that were turned away are the next again. */
async function send({ url, rate, senders, seconds }: Sending, sender: number) {
  const start = performance.now()
  const end = start + seconds * 1000
  let accepted = 0
  let offered = 0
  let turnedAway = 0
  for (let due = start; performance.now() < end; ) {
    await sleep(due - performance.now())
    const answer = await post(url, sender, accepted)
    accepted += answer.accepted
    offered += BATCH
    due = Math.max(due + (BATCH * senders * 1000) / rate, performance.now() - 1000)
    if (answer.turnedAway) turnedAway++
  }
  return { accepted, offered, turnedAway }
}

async function post(url: string, sender: number, first: number) {
  let body = ''
  for (let n = first; n < first + BATCH; n++) {
    const item: Posted = { sender, n, text: TEXT }
    body += `${JSON.stringify(item)}\n`
  }
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-ndjson' }
  })
  const { accepted, error } = (await response.json()) as { accepted: number; error?: string }
  const turnedAway = response.status === 429
  if (!turnedAway && accepted < BATCH) throw new Error(`ingest: answered ${response.status}: ${error}`)
  if (turnedAway && !response.headers.has('retry-after')) throw new Error('ingest: a 429 without Retry-After')
  return { accepted, turnedAway }
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
}
