import type { Event } from '../../core/events.ts';
import type { Step } from '../plan/step.ts';

/** Lines for people about the steps of an installation: numbered, and long ones with how far they are. */
export function narrator(steps: readonly Pick<Step, 'id' | 'title'>[]): (event: Event) => string | undefined {
  const total = String(steps.length);
  const head = (id: string): string => {
    const at = steps.findIndex((step) => step.id === id);
    return `[${String(at + 1).padStart(total.length)}/${total}] ${steps[at]?.title ?? id}`;
  };
  const told = new Map<string, number>();
  return (event) => {
    switch (event.type) {
      case 'started':
        return head(event.id);
      case 'finished':
        return event.outcome === 'skipped' ? `${head(event.id)}: ${event.detail ?? 'skipped'}` : undefined;
      case 'progress': {
        const tenths = Math.floor((event.done / (event.total ?? Infinity)) * 10);
        if (tenths <= (told.get(event.id) ?? 0)) return undefined;
        told.set(event.id, tenths);
        return `${' '.repeat(2 * total.length + 4)}${tenths * 10} %`;
      }
      case 'failed':
        return `${' '.repeat(2 * total.length + 4)}FAILED: ${event.message}`;
      default:
        return undefined;
    }
  };
}
