import type { Channel, ChannelEvent, Channels } from '../src/types.ts'

/** Channels between so many peers of this process; what is sent is heard once whoever sent it waits for something. */
export function channelsOf(count: number): readonly Channels[] {
  const open = new Map<string, (event: ChannelEvent) => unknown>()
  const tell = (to: string, event: ChannelEvent) => queueMicrotask(() => open.get(to)?.(event))
  return Array.from({ length: count }, (_, i): Channels => {
    const peer = `peer ${i}`
    return {
      channel(_name, hear): Channel {
        for (const other of open.keys()) {
          tell(other, { type: 'joined', peer })
          tell(peer, { type: 'joined', peer: other })
        }
        open.set(peer, hear)
        return {
          peer,
          get members() {
            return Array.from(open.keys())
          },
          send: (to, bytes) => tell(to, { type: 'message', peer, bytes: new Uint8Array(bytes) }),
          async close() {
            open.delete(peer)
          }
        }
      }
    }
  })
}
