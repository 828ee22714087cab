import { eachQube, field } from './rule.ts';
import type { Complaint, RuleInput } from './rule.ts';
import type { Qube } from '../resolve.ts';

/** Who may be whose template. A disposable's parent has to say that it is one. */
export const templates = eachQube('templates', (qube, input) => {
  const complaint = problem(qube, input);
  return complaint === undefined ? [] : [complaint];
});

function problem(qube: Qube, { qubes }: RuleInput): Complaint | undefined {
  const path = field(qube, 'template');
  if (qube.kind === 'TemplateVM') {
    if (qube.template === undefined) return undefined;
    return {
      path,
      what: `${qube.name} is a template and has no template itself`,
      remedy: 'take template out',
    };
  }
  if (qube.template === undefined) {
    return {
      path: field(qube),
      what: `${qube.name} has no template to start from`,
      remedy: 'add template: NAME, or set defaults.template',
    };
  }
  const parent = qubes.get(qube.template);
  if (parent === undefined) return undefined;
  return qube.kind === 'DisposableVM' ? ofDisposable(qube, parent) : ofOther(qube, parent);
}

function ofDisposable(qube: Qube, parent: Qube): Complaint | undefined {
  const usable =
    parent.kind === 'TemplateVM' ||
    (parent.kind === 'AppVM' && parent.disposableTemplate && !parent.disposable);
  if (usable) return undefined;
  return {
    path: field(qube, 'template'),
    what: `${qube.name} would be made from ${parent.name}, which is not said to be a template of disposables`,
    remedy: `name another template, or set disposable-template: true on the AppVM ${parent.name}`,
  };
}

function ofOther(qube: Qube, parent: Qube): Complaint | undefined {
  if (parent.kind === 'TemplateVM') return undefined;
  return {
    path: field(qube, 'template'),
    what: `${qube.name} is a ${qube.kind} and starts from ${parent.name}, which is a ${parent.kind}`,
    remedy: `name a TemplateVM, or make ${qube.name} a DisposableVM`,
  };
}
