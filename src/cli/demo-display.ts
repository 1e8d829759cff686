import type { EndEvent, JobEvent, ProgressEvent } from '../jobs/events.ts'
import { mergeEnds, mergeProgress } from './demo-progress.ts'
import { openReporter } from './report.ts'

/** How the peers came to know of each other. */
export type FoundBy = 'mDNS' | 'address'

/** Shows what both peers tell as one; `peer` is 1 or 2. */
export interface DemoDisplay {
  tell(peer: number, event: JobEvent): void
  /** A line for people. */
  say(text: string): void
  /** Both have ended. */
  end(ends: readonly EndEvent[], foundBy: FoundBy): void
  /** Leaves the terminal as it was. */
  close(): void
}

/** The display that suits where the output goes. */
export async function openDisplay(json: boolean): Promise<DemoDisplay> {
  return json ? jsonDisplay() : await peopleDisplay()
}

/** What one peer tells has its number as `peer`; what has none is of both. */
function jsonDisplay(): DemoDisplay {
  const write = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    tell(peer, event) {
      // In these events `peer` is another one's id.
      const about = event.event === 'peer-joined' || event.event === 'peer-left' ? { other: event.peer } : {}
      write({ ...event, peer, ...about })
    },
    say: () => {},
    end: (ends, foundBy) => write({ ...mergeEnds(ends), peers: ends.length, foundBy }),
    close: () => {}
  }
}

async function peopleDisplay(): Promise<DemoDisplay> {
  const reporter = await openReporter(false)
  const latest = new Map<number, ProgressEvent>()
  let shownAt = Number.NEGATIVE_INFINITY
  let started = false
  let met = false
  const show = (now: number) => {
    if (!started || now - shownAt < reporter.everySeconds * 1000) return
    shownAt = now
    reporter.tell(mergeProgress([...latest.values()]))
  }
  return {
    tell(peer, event) {
      const now = performance.now()
      switch (event.event) {
        case 'started':
          if (started) return
          started = true
          reporter.say(
            `two peers are training, each on ${event.device}; first words after ${(now / 1000).toFixed(2)} s`
          )
          return
        case 'progress':
          latest.set(peer, event)
          show(now)
          return
        case 'peer-joined':
          if (!met) reporter.say('they have found each other')
          met = true
          return
        case 'warning':
          reporter.say(`warning: peer ${peer}: ${event.message}`)
      }
    },
    say: text => reporter.say(text),
    end: () => {},
    close: () => reporter.close()
  }
}
