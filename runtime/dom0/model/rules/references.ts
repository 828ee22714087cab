import { eachQube, field } from './rule.ts';
import type { Complaint } from './rule.ts';

/** Every template and netvm that is named exists. */
export const references = eachQube('references', (qube, { qubes }) => {
  const missing = (key: 'template' | 'netvm', name: string | undefined): readonly Complaint[] =>
    name === undefined || name === 'dom0' || qubes.has(name)
      ? []
      : [
          {
            path: field(qube, key),
            what: `${qube.name} names the ${key} ${name}, which does not exist`,
            remedy: `add a qube ${name}, or name another ${key}`,
          },
        ];
  return [...missing('template', qube.template), ...missing('netvm', qube.netvm)];
});
