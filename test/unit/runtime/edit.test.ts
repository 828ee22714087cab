import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { copyQube, editQube, parseFieldChange, removeQube } from '../../../runtime/dom0/model/edit.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';

const TEXT = `# my qubes
version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: tpl }
qubes:
  tpl: { kind: TemplateVM, label: black } # the template
  # filters
  fw:
    kind: ServiceVM
    label: green # trusted
    provides-network: true
  app:
    kind: AppVM
    label: yellow
    # through the filter
    netvm: fw
`;

const source = parseQubes(TEXT, 'q');

function set(name: string, ...changes: string[]): string {
  return editQube(source, name, changes.map(parseFieldChange));
}

describe('editing qubes.yaml', () => {
  it('changes one field and keeps every comment and the order', () => {
    expect(set('app', 'label=red')).toBe(TEXT.replace('label: yellow', 'label: red'));
  });

  it('adds nested fields, lists and takes fields out', () => {
    const text = set('app', 'volumes.private=16GiB', 'persist=[/var/lib/x]', 'netvm=');
    expect(parseQubes(text, 'q').file.qubes['app']).toMatchObject({
      volumes: { private: '16GiB' },
      persist: ['/var/lib/x'],
    });
    expect(text).not.toContain('netvm: fw');
    for (const comment of ['# my qubes', '# the template', '# filters', '# trusted']) {
      expect(text).toContain(comment);
    }
  });

  it('adds a qube and copies one', () => {
    expect(set('work', 'kind=AppVM', 'label=blue')).toContain('  work:\n    kind: AppVM\n    label: blue\n');
    const copy = copyQube(source, 'app', 'app-2');
    expect(parseQubes(copy, 'q').file.qubes['app-2']).toEqual(source.file.qubes['app']);
    expect(copy.match(/# through the filter/g)).toHaveLength(2);
  });

  it.each([
    ['a netvm that is nobody', () => set('app', 'netvm=gone'), 'qubes.unsafe'],
    ['a qube that others need', () => removeQube(source, 'fw'), 'qubes.unsafe'],
    ['a label that does not exist', () => set('app', 'label=mauve'), 'qubes.schema'],
    ['a name that is none', () => set('Bad', 'kind=AppVM', 'label=red'), 'qubes.schema'],
    ['a change that is none', () => set('app', 'label'), 'edit.field'],
    ['a field without a name', () => set('app', '=red'), 'edit.field'],
  ])('refuses %s', (_, work, code) => {
    expect(work).toThrow(expect.objectContaining({ code }) as AppError);
  });

  it('takes a qube out that nobody needs', () => {
    expect(removeQube(source, 'app')).not.toContain('app');
  });

  it('does not hold what was wrong before against a change', () => {
    const broken = parseQubes(TEXT.replace('netvm: fw', 'netvm: gone'), 'q');
    expect(editQube(broken, 'fw', [parseFieldChange('label=red')])).toContain('label: red');
  });
});
