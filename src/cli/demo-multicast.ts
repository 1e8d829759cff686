import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

const PORT = 5353
const GROUP = '224.0.0.251'
const PATIENCE_MS = 1000

/**
 * Whether an mDNS query from this machine comes back to it, as it must for two of its processes to find each other. It is
 * sent and received as the peers do it, so a firewall, or a network without multicast, shows. Costs a few ms where it does.
 */
export async function hearsItself(): Promise<boolean> {
  const query = queryFor(`_tensair${randomUUID().slice(0, 6)}`)
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise<boolean>(resolve => {
      // What has come while this process was busy is still looked at first.
      timer = setTimeout(() => setImmediate(() => resolve(false)), PATIENCE_MS)
      socket.on('error', () => resolve(false))
      socket.on('message', message => {
        if (message.equals(query)) resolve(true)
      })
      socket.bind(PORT, () => {
        for (const address of interfaces()) {
          try {
            socket.addMembership(GROUP, address)
          } catch {
            // One without multicast; another may have it.
          }
        }
        socket.send(query, PORT, GROUP, error => {
          if (error) resolve(false)
        })
      })
    })
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

function interfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    addresses => addresses?.find(({ family }) => family === 'IPv4')?.address ?? []
  )
}

/** A question for a service that nobody offers: 12 bytes of heading with a count of 1, the name's labels, PTR, IN. */
function queryFor(service: string): Buffer {
  const labels = [service, '_udp', 'local'].map(label => [label.length, ...Buffer.from(label)])
  return Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels.flat(), 0, 0, 12, 0, 1])
}
