/** The colours of qubes, from the least trusted to the most trusted. */
export const LABELS = ['red', 'orange', 'yellow', 'green', 'gray', 'blue', 'purple', 'black'] as const;

export type Label = (typeof LABELS)[number];

/** Whether `label` stands for less trust than `other`. */
export function trustsLess(label: Label, other: Label): boolean {
  return LABELS.indexOf(label) < LABELS.indexOf(other);
}
