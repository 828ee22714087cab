import type { Rule } from './rule.ts';

/** The policy speaks of qubes that exist. */
export const policyNames: Rule = {
  name: 'policy-names',
  check: ({ file, qubes }) =>
    file.policy.flatMap((rule, index) =>
      (['from', 'to'] as const)
        .filter((side) => rule[side] !== 'dom0' && !qubes.has(rule[side]))
        .map((side) => ({
          path: ['policy', index, side],
          what: `the policy for ${rule.service} names ${rule[side]}, which does not exist`,
          remedy: `add a qube ${rule[side]}, or take the rule out`,
        })),
    ),
};
