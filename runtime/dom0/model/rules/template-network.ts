import { eachQube, field } from './rule.ts';

/** A template's root reaches every qube made from it, so a template never has a network of its own. */
export const templateNetwork = eachQube('template-network', (qube) => {
  if (qube.kind !== 'TemplateVM' || qube.netvm === undefined) return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `the template ${qube.name} would be on the network, and with it every qube made from it`,
      remedy: 'set netvm: none; updates come through the update proxy',
    },
  ];
});
