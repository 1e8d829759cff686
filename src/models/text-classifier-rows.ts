/** What a table of rows is made with. */
export interface RowsOptions {
  readonly rows: number
  readonly dim: number
  /** What each row's sum of squares begins at. */
  readonly accumulator: number
  /** The first value at a place [row, d] = row · dim + d; a multiple of 2^-20. */
  readonly initial: (at: number) => number
}

/**
 * Rows of weights that AdaGrad steps, with one sum for a row: G = G + |g|² / dim;  w = w − rate · g / √(G − F).
 *
 * F is what G had when the rows were made new, less what it began at. So steps are large again, and G, which peers share, still only
 * grows: growth is what tells an honest change of a row from another.
 */
export class TrainedRows {
  readonly weights: Float32Array<ArrayBuffer> // [rows, dim]
  readonly squares: Float32Array<ArrayBuffer> // [rows] G
  readonly #forgotten: Float32Array<ArrayBuffer> // [rows] F
  /** [rows] 1 where a row was changed since somebody set it to 0. */
  readonly touched: Uint8Array<ArrayBuffer>
  readonly options: RowsOptions

  constructor(options: RowsOptions) {
    const { rows, dim, accumulator, initial } = options
    this.options = options
    this.weights = new Float32Array(rows * dim)
    for (let i = 0; i < this.weights.length; i++) this.weights[i] = initial(i)
    this.squares = new Float32Array(rows).fill(accumulator)
    this.#forgotten = new Float32Array(rows)
    this.touched = new Uint8Array(rows)
  }

  /** Steps a row by the gradient `factor · direction`. */
  step(row: number, direction: Float64Array, factor: number, rate: number): void {
    const { dim, accumulator } = this.options
    let sum = 0
    for (let d = 0; d < dim; d++) sum += direction[d] * direction[d]
    this.squares[row] += (factor * factor * sum) / dim
    const squares = Math.max(accumulator, this.squares[row] - this.#forgotten[row])
    if (squares === 0) return
    this.touched[row] = 1
    const step = (rate * factor) / Math.sqrt(squares)
    for (let d = 0; d < dim; d++) this.weights[row * dim + d] -= step * direction[d]
  }

  /** Makes all rows as they were when new. */
  reset(): void {
    for (let i = 0; i < this.weights.length; i++) this.weights[i] = this.options.initial(i)
    for (let row = 0; row < this.squares.length; row++) {
      this.#forgotten[row] = this.squares[row] - this.options.accumulator
    }
    this.touched.fill(1)
  }
}
