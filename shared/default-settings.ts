import type { Settings } from './settings.ts';

/** What holds until the person says otherwise. */
export function defaultSettings(folder: string): Settings {
  return {
    folder,
    maxActive: 3,
    connections: null,
    limit: null,
    theme: 'system',
    notifications: true,
    hostLimits: {},
    schedule: [],
    shareHttps: false,
    whenDone: 'nothing',
  };
}
