import type { DeviceKind } from './call-choices.svelte.ts'

export interface DeviceChoice {
  readonly id: string
  /** The system's name for it; empty until a permission was given. */
  readonly label: string
}

const kinds: Record<DeviceKind, MediaDeviceKind> = {
  microphone: 'audioinput',
  camera: 'videoinput',
  speaker: 'audiooutput',
}

/** Cameras, microphones and speakers that are plugged in now, kept up to date while one looks. */
export class DeviceList {
  #all = $state.raw<readonly MediaDeviceInfo[]>([])

  /** Keeps looking until the returned function is called. */
  watch(): () => void {
    const stop = new AbortController()
    // Absent on insecure pages, whatever the types say.
    const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices
    devices?.addEventListener('devicechange', () => void this.refresh(), { signal: stop.signal })
    void this.refresh()
    return () => stop.abort()
  }

  /** Looks again: labels are there only once a device was opened. */
  async refresh(): Promise<void> {
    try {
      this.#all = await navigator.mediaDevices.enumerateDevices()
    } catch {
      this.#all = [] // no devices without a secure page; the choice is then not offered
    }
  }

  /** Devices of a kind, the system's aliases left out. */
  of(kind: DeviceKind): readonly DeviceChoice[] {
    return this.#all
      .filter(
        (device) =>
          device.kind === kinds[kind] && !['', 'default', 'communications'].includes(device.deviceId),
      )
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
  }
}
