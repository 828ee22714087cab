import { eachQube, field } from './rule.ts';

/** Words that contradict the kind of a qube. */
export const disposableKind = eachQube('disposable-kind', (qube) => {
  const complaints = [];
  if (qube.disposable && ['TemplateVM', 'StandaloneVM'].includes(qube.kind)) {
    complaints.push({
      path: field(qube, 'disposable'),
      what: `${qube.name} is a ${qube.kind}, whose root is kept, and cannot be disposable`,
      remedy: 'take disposable out, or make it a DisposableVM',
    });
  }
  if (qube.disposableTemplate && qube.kind !== 'AppVM') {
    complaints.push({
      path: field(qube, 'disposable-template'),
      what: `${qube.name} is a ${qube.kind}; only an AppVM can be said to be a template of disposables`,
      remedy: 'take disposable-template out',
    });
  }
  if (qube.disposable && (qube.persist.length > 0 || qube.encryptPrivate)) {
    complaints.push({
      path: field(qube, qube.persist.length > 0 ? 'persist' : 'encrypt-private'),
      what: `${qube.name} is disposable and keeps nothing`,
      remedy: 'take the entry out, or make the qube an AppVM',
    });
  }
  if (qube.disposableTemplate && qube.encryptPrivate) {
    complaints.push({
      path: field(qube, 'encrypt-private'),
      what: `disposables start from the private volume of ${qube.name}, so it cannot have a key of its own`,
      remedy: 'take encrypt-private out',
    });
  }
  return complaints;
});
