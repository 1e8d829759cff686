/** The file in a peer's state folder that says where its status is served. */
export const STATUS_FILE = 'status.json'

/** What the file holds. */
export interface StatusNote {
  /** http://HOST:PORT, as it is reached from this machine. */
  readonly address: string
  readonly peer: string
  /** Its process's id. */
  readonly process: number
}
