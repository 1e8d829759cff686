import type { Device, DeviceChoice } from '../../kernels/index.ts'

/** What a job's model may compute with, as the command line says. */
export interface Computing {
  /** What `--device` says. */
  readonly deviceChoice: DeviceChoice
  /** What `--threads` says, at least 1: threads that the model may compute with. */
  readonly threads: number
  /**
   * Opens the device that is so chosen. A network of TensorFlow.js needs none.
   *
   * @throws Error where it cannot be opened.
   */
  readonly openDevice: () => Promise<Device>
}

/** A device that is opened when it is first asked for: every later asking gives the same. */
export class ModelDevice {
  /** Resolves when the device fails. */
  readonly lost: Promise<Error>
  readonly #openDevice: () => Promise<Device>
  readonly #lose: (error: Error) => void
  #opened: Promise<Device> | undefined

  constructor(openDevice: () => Promise<Device>) {
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.lost = promise
    this.#lose = resolve
    this.#openDevice = openDevice
  }

  readonly open = (): Promise<Device> => {
    this.#opened ??= this.#open()
    return this.#opened
  }

  /** Closes the device, where it was opened. */
  async close(): Promise<void> {
    // Whoever asked for one that could not be opened has heard why.
    const device = await this.#opened?.catch(() => undefined)
    await device?.close()
  }

  async #open(): Promise<Device> {
    const device = await this.#openDevice()
    void device.lost.then(this.#lose)
    return device
  }
}
