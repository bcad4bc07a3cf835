import type { Libp2p, PeerId } from '@libp2p/interface'

interface Reservations {
  delete(peer: PeerId): boolean
}

/**
 * Makes reservations live exactly as long as the connection of who made them. js-libp2p goes by time alone, and wrongly:
 * a peer that is gone keeps its place until the time is over, so a busy relay fills with the dead (js-libp2p issue 2833);
 * and a peer that renewed twice loses its place early, since retimeable-signal 1 cannot take its second timer back.
 */
export function tieToConnections(
  reservations: Reservations,
  node: Pick<Libp2p, 'getConnections' | 'addEventListener'>,
): void {
  const remove = reservations.delete.bind(reservations)
  reservations.delete = (peer) => node.getConnections(peer).length === 0 && remove(peer)
  node.addEventListener('peer:disconnect', ({ detail: peer }) => remove(peer))
}
