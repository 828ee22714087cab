import { expect, test } from 'vitest';
import { namespaceSandbox } from '../../edge/sandbox.ts';
import { PERL_CLIENTS, startPerlServer, stopPerlServer } from '../../builder/stages/debian/perl-server.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { appErrorOf } from '../support/only-app-errors.ts';
import { testProject } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const [CLIENT] = Object.values(PERL_CLIENTS);

/** The server in a sandbox whose root is the toolbox, with a Perl program that clients stand for. */
const served = (program: string, rest: string): string => `
root=
mount -t tmpfs run /run
mkdir /run/qubeforge
inside() { "$@"; }
cat >/build/program.qubeforge <<'END'
#!/usr/bin/perl
${program}
END
cat >/build/program <<'END'
#!/bin/sh
${CLIENT ?? ''}
END
chmod 0755 /build/program*
${startPerlServer()}
while [ ! -p /run/qubeforge/perl ]; do sleep 0.01; done
${rest}
${stopPerlServer()}
echo finished
`;

/** Says who runs it: the server has forked it, or it has been started. */
const PROGRAM = `
open my $file, '<', '/proc/' . getppid . '/cmdline'; local $/; my $parent = <$file>;
print $parent =~ /server/ ? 'served' : 'started', " @ARGV $ENV{WORD}\\n";
exit 3;`;

test('programs run in the server; when server or handler is killed, the job fails and nobody waits', async () => {
  await using project = await testProject();
  await using dir = await temporaryDirectory();
  const outputs = await buildToolbox(project.session, await project.lock('toolbox'));
  const toolbox = await project.session.ports.toolboxTree(outputs);
  const run = (script: string): Promise<{ stdout: string }> =>
    namespaceSandbox(dir.path)({ toolbox, script, timeout: 60_000 });

  const call = '{ WORD=here /build/program one two || echo "status $?"; } </dev/null';
  const piped = await run(served(PROGRAM, `${call} | cat >/build/said\ncat /build/said`));
  expect(piped.stdout).toBe('served one two here\nstatus 3\nfinished\n');
  // A file that the server cannot take over.
  const filed = await run(served(PROGRAM, `${call} >/build/said\ncat /build/said`));
  expect(filed.stdout).toBe('started one two here\nstatus 3\nfinished\n');

  // Who waits for ever would be killed by the timeout, which says otherwise.
  const kill = (whom: string): string =>
    `( sleep 0.5; kill -KILL ${whom} ) &\n/build/program </dev/null >/dev/null`;
  const asleep = 'open my $file, q(>), q(/build/handler); print $file getppid; close $file; sleep 600;';
  for (const whom of ['$(cat /run/qubeforge/perl.pid)', '$(cat /build/handler)']) {
    const error = await appErrorOf(() => run(served(asleep, kill(whom))));
    expect(error).toMatchObject({ kind: 'tool', code: 'sandbox.failed' });
    expect(error.got).toContain('the server of Perl programs (ADR 0191) was killed');
    expect(error.got).toMatch(/^exit code 137/);
  }
});
