import type { Bytes } from '../base/bytes.ts'
import { relaxedSimdWasm, simdWasm } from './kernel/built.ts'
import { createPackedKernel, type RsKernel } from './rs-kernel.ts'
import { isEqualToTwin } from './self-check.ts'
import { createWasmKernel, type WasmEngine } from './wasm-kernel.ts'

const candidates = [
  { name: 'relaxed-simd', base64: relaxedSimdWasm },
  { name: 'simd', base64: simdWasm },
] as const

/**
 * The fastest kernel that this engine accepts and that computes what the plain twin does (CES-75); the twin where there is none:
 * no WebAssembly (as in Lockdown Mode), a content security policy against it, no SIMD, or a processor that fails the check.
 *
 * @param wasm the engine's WebAssembly, or undefined; given in tests
 */
export function chooseKernel(wasm: WasmEngine | undefined = wasmOfEngine()): RsKernel {
  const twin = createPackedKernel()
  if (wasm === undefined) return twin
  for (const { name, base64 } of candidates) {
    const bytes = fromBase64(base64)
    if (!wasm.validate(bytes)) continue
    try {
      const kernel = createWasmKernel(wasm, name, bytes)
      if (isEqualToTwin(kernel, twin)) return kernel
    } catch {
      // Refused by policy or for want of memory: the next is slower, and right.
    }
  }
  return twin
}

function wasmOfEngine(): WasmEngine | undefined {
  return (globalThis as { readonly WebAssembly?: unknown }).WebAssembly as WasmEngine | undefined // by the standard, or missing
}

function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
