// What becomes of an item for which the user's function failed.

import type { Operator } from '../types.ts'
import { operatorError } from './call.ts'

/**
 * `stop`: the flow ends with the error. `skip`: the item is left out and counted. A function: it gets the item and the error,
 * is awaited, and then the same; what it throws ends the flow. The error names the operator and the item, counted from 0;
 * what the user's function threw is its cause.
 */
export type OnError<Item> = 'stop' | 'skip' | ((item: Item, error: Error) => unknown)

export interface FailureOptions<Item> {
  /** What to do with an item for which the function fails. Default `stop`. */
  readonly onError?: OnError<Item>
}

/** An operator that may leave items out because the user's function failed for them. */
export interface FallibleOperator<In, Out> extends Operator<In, Out> {
  /** Items left out so far for that reason, of all streams that went through. */
  readonly failed: number
}

/** The failures of one operator. */
export class Failures<Item> {
  readonly #operator: string
  readonly #onError: OnError<Item>
  #count = 0

  /** @throws TypeError where `onError` is none. */
  constructor(operator: string, onError: OnError<Item> = 'stop') {
    if (onError !== 'stop' && onError !== 'skip' && typeof onError !== 'function') {
      throw new TypeError(`${operator}: onError must be 'stop', 'skip' or a function; got ${String(onError)}`)
    }
    this.#operator = operator
    this.#onError = onError
  }

  get count(): number {
    return this.#count
  }

  /**
   * Deals with a failure; when it resolves, the item is to be left out.
   *
   * @throws Error where that ends the flow.
   */
  async failed(item: Item, index: number, cause: unknown): Promise<void> {
    const error = operatorError(this.#operator, index, cause)
    if (this.#onError === 'stop') throw error
    this.#count++
    if (this.#onError === 'skip') return
    try {
      await this.#onError(item, error)
    } catch (thrown) {
      throw operatorError(`${this.#operator}: onError`, index, thrown)
    }
  }
}

/** An operator that tells how many items its failures cost. */
export function fallible<In, Out>(
  failures: Failures<In>,
  operator: Operator<In, Out>
): FallibleOperator<In, Out> {
  return Object.defineProperty(operator as FallibleOperator<In, Out>, 'failed', {
    get: () => failures.count
  })
}
