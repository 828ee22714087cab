import type { Runner } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import type { InstallLog } from './log.ts';
import type { Image, MediumFile } from '../medium/manifest.ts';

/** What the executor touches. */
export interface ExecutePorts {
  readonly run: Runner;
  readonly log: InstallLog;
  readonly writeFile: (path: string, text: string, mode: number) => Promise<void>;
  /** Streams `image` to `device` and verifies it. Throws an `AppError` (verification) when it is not the signed one. */
  readonly deploy: (image: Image, device: string, progress: (bytes: number) => void) => Promise<void>;
  /** Copies a file of the medium as a whole. Throws an `AppError` (verification) when it is not the signed one. */
  readonly copy: (file: MediumFile, to: string) => Promise<void>;
  /** Reads bytes of a device. */
  readonly readDevice: (path: string, offset: number, length: number) => Promise<Uint8Array>;
  /** Writes bytes to a device and waits until they are on it. */
  readonly writeDevice: (path: string, offset: number, bytes: Uint8Array) => Promise<void>;
  /** Shows the recovery key once and nowhere else. `wait`: until somebody says that it was written down. */
  readonly showRecoveryKey: (key: Secret, wait: boolean) => Promise<void>;
  /** Random bytes for keys. */
  readonly random: (length: number) => Uint8Array;
}

/** The secrets of a run. The recovery key is drawn when its step comes. */
export interface RunSecrets {
  readonly passphrase: Secret | undefined;
  readonly userPassword: Secret;
}
