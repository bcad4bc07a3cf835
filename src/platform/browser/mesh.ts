import './dial-shim.ts'
import type { Mesh } from '../../core/mesh/index.ts'
import { createRelayedMesh, type RelayedMeshInit } from '../../core/mesh/relayed-mesh.ts'

/** The {@link Mesh} of a browser tab; a secure page opens no plain WebSockets. */
export function createBrowserMesh(init: Omit<RelayedMeshInit, 'allowsPlain'>): Mesh {
  return createRelayedMesh({ ...init, allowsPlain: location.protocol !== 'https:' })
}
