import { detectorNames, newDetector } from '../drift/open.ts'
import type { Detector, DetectorState } from '../types.ts'
import { z } from './job.ts'

/** A detector that an option names, with its own options. */
export interface DetectorChoice {
  readonly name: string
  readonly options: DetectorState['options']
}

/** A detector of losses, as `optwin`, or with options of its own, as `optwin:rho=1,maxWindow=200`. */
export function detectorChoice(text: string, context: z.RefinementCtx): DetectorChoice {
  const [name = '', settings] = text.split(/:(.*)/s)
  const choice = { name, options: Object.fromEntries((settings?.split(',') ?? []).map(settingOf)) }
  try {
    const detector = openChoice(choice)
    if (takesLosses(detector)) return choice
    const others = detectorNames.filter(other => takesLosses(newDetector(other)))
    context.addIssue({ code: 'custom', message: `watches errors, not losses; take ${others.join(', ')}` })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
  return z.NEVER
}

/** A new detector of that choice. */
export function openChoice({ name, options }: DetectorChoice): Detector {
  return newDetector(name, options)
}

/** Whether it does not refuse what no error and no share of errors is. */
function takesLosses(detector: Detector): boolean {
  try {
    detector.update(1.5)
    return true
  } catch {
    return false
  }
}

function settingOf(text: string): [name: string, value: number | boolean | string] {
  const [name = '', value = ''] = text.split(/=(.*)/s)
  if (value === 'true' || value === 'false') return [name, value === 'true']
  return [name, value === '' || Number.isNaN(Number(value)) ? value : Number(value)]
}
