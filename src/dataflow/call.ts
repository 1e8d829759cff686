// How operators call the user's functions.

/** Whether an answer must be awaited; one that is there already must not cost a promise. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** What a user's function threw, with the operator and the item, counted from 0, that it threw it for. */
export function operatorError(operator: string, index: number, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(`${operator}: item ${index}: ${reason}`, { cause })
}
