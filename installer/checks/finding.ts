import type { Fact, Hardware, State } from '../probe/model.ts';

/** `ok` says that all is well; `block` stops an installation unless its id is overridden by name. */
export type Level = 'ok' | 'inform' | 'warn' | 'block';

export interface Finding {
  /** Stable name, and what an override names: the check's id, with the subject where there are several. */
  readonly id: string;
  readonly level: Level;
  readonly state: State;
  readonly title: string;
  /** What was seen, and where. */
  readonly evidence: string;
  /** What it means for the person who installs. Absent when all is well. */
  readonly meaning?: string;
  /** The firmware setting to change, or what else to do. */
  readonly remedy?: string;
}

/** One look at the hardware model. A new check is one file and one line in the registry. */
export interface Check {
  readonly id: string;
  readonly run: (hardware: Hardware) => readonly Finding[];
}

/** What to say for each state of a feature that either is there or is not. */
export interface FeatureText {
  readonly id: string;
  readonly title: string;
  readonly level: Exclude<Level, 'ok'>;
  readonly meaning: string;
  readonly remedy: string;
  /** Level when the state is unknown; the default is `warn`. */
  readonly unknown?: Exclude<Level, 'ok'>;
}

/** The finding for a feature that should be there. */
export function feature(text: FeatureText, fact: Fact): Finding {
  const base = { id: text.id, state: fact.state, title: text.title, evidence: fact.evidence };
  if (fact.state === 'yes') return { ...base, level: 'ok' };
  if (fact.state === 'unknown') {
    return {
      ...base,
      level: text.unknown ?? 'warn',
      meaning: `Could not be found out. ${text.meaning}`,
      remedy: text.remedy,
    };
  }
  return { ...base, level: text.level, meaning: text.meaning, remedy: text.remedy };
}

/** Vendor words for a setting: firmware menus of Intel and AMD boards name things differently. */
export function setting(hardware: Hardware, intel: string, amd: string): string {
  if (hardware.cpu.vendor === 'intel') return intel;
  return hardware.cpu.vendor === 'amd' ? amd : `${intel}; or ${amd}`;
}
