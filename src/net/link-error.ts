/** How the other side of a link broke it. */
export type LinkFault = 'oversize' | 'malformed' | 'slow' | 'flood'

/** The other side broke the rules of a link, which is over; `link: what came`. A connection that fails is none of these. */
export class LinkError extends Error {
  override readonly name = 'LinkError'
  readonly fault: LinkFault

  constructor(fault: LinkFault, message: string) {
    super(`link: ${message}`)
    this.fault = fault
  }
}
