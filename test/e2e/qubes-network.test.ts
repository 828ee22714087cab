import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOOT } from '../support/installation.ts';
import { GUESTS, quoted, request, startDesk, type Desk } from '../support/qubes-machine.ts';

/** The rules of a netvm for the interface of a qube behind it. */
const LET_IN = /^\s*ip saddr 10\.137\S+ counter packets \d+ bytes \d+ accept$/;
const NOT_LET_IN = /^\s*counter packets \d+ bytes \d+ drop$/;

let desk: Desk;

const dom0 = (...args: Parameters<Desk['dom0']>): ReturnType<Desk['dom0']> => desk.dom0(...args);
const inside = (...args: Parameters<Desk['inside']>): ReturnType<Desk['inside']> => desk.inside(...args);

/** Packets that a rule has counted, in the whole ruleset of a qube. */
async function counted(qube: string, rule: RegExp): Promise<number> {
  const { output } = await inside(qube, 'nft list ruleset', 'root');
  return output
    .split('\n')
    .filter((line) => rule.test(line))
    .reduce((sum, line) => sum + Number(/counter packets (\d+)/.exec(line)?.[1] ?? 0), 0);
}

beforeAll(async () => {
  desk = await startDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

describe('the first boot of an installed machine', () => {
  it('starts sys-net, sys-firewall and a qube behind them on its own', async () => {
    expect(await desk.booted()).toBe('ExecMainStatus=0');
    const { output } = await dom0('qube list');
    expect(output).toMatch(/^sys-net +ServiceVM +red +running +400 MiB +none +10\.137\.0\.\d+ *$/m);
    expect(output).toMatch(/^sys-firewall +ServiceVM +green +running +500 MiB +sys-net +10\.137\.0\.\d+ *$/m);
    expect(output).toMatch(/^personal +AppVM +yellow +running +800 MiB +sys-firewall +10\.137\.0\.\d+ *$/m);
    expect(output).toMatch(/^vault +AppVM +black +stopped +- +none +- *$/m);
    expect((await dom0('journalctl --boot --unit qubeforge-boot')).output).toMatch(/personal: running/);
  });

  it('has nothing left to apply', async () => {
    expect((await dom0('qube apply')).output).toBe('nothing to do');
  });

  it('hands the network card to sys-net, behind the IOMMU', async () => {
    expect((await dom0('xl dmesg | grep "I/O virt"')).output).toMatch(/virtualisation enabled/);
    expect((await dom0('xl pci-list sys-net')).output).toContain('0000:00:10.0');
    expect(
      (await inside('sys-net', 'basename $(readlink -f /sys/class/net/*/device/driver)')).output,
    ).toMatch(/e1000e/);
    expect((await inside('sys-net', 'ip -4 -o address')).output).toContain('10.0.2.15');
  });
});

describe('the network between qubes', () => {
  it('gives neither dom0 nor the vault an interface', async () => {
    expect((await dom0('ls /sys/class/net')).output).toBe('lo');
    expect((await dom0('qube start vault --wait 600', GUESTS)).code).toBe(0);
    expect((await inside('vault', 'ls /sys/class/net')).output).toBe('lo');
    expect((await dom0('xl network-list vault')).output.split('\n')).toHaveLength(1);
  });

  it('leads from a qube through sys-firewall and sys-net to a server', async () => {
    expect((await inside('personal', request(80))).output).toBe('hello');
    expect(await desk.servers.connections(80)).toBe(1);
    expect(await counted('sys-firewall', LET_IN)).toBeGreaterThan(0);
    expect(await counted('sys-net', LET_IN)).toBeGreaterThan(0);
  });

  it('asks the name servers of sys-net, redirected hop by hop', async () => {
    // The emulated network names no server; a person would have written this one down.
    await inside('sys-net', 'echo nameserver 10.0.2.3 > /etc/resolv.conf', 'root');
    const redirected = async (): Promise<string> =>
      (await inside('sys-net', 'nft list ruleset', 'root')).output;
    await expect.poll(redirected, { timeout: BOOT, interval: 5000 }).toContain('dnat to 10.0.2.3');
    await inside('personal', 'timeout 20 getent hosts nowhere.test');
    expect(await counted('sys-net', /ip daddr 10\.139\.1\.1 .*dport 53 .*dnat to/)).toBeGreaterThan(0);
  });

  it('holds back a port that the file denies', async () => {
    expect((await inside('personal', request(81))).output).toBe('hello');
    const before = await desk.servers.connections(81);
    const rules = '{rules: [{action: drop, protocol: tcp, ports: ["81"]}]}';
    expect((await dom0(`qube set personal ${quoted(`firewall=${rules}`)}`)).code).toBe(0);
    await expect.poll(() => counted('sys-firewall', /tcp dport 81/), { timeout: BOOT }).toBe(0);
    expect((await inside('personal', request(81).replace('60', '15'))).code).toBe(124);
    expect(await desk.servers.connections(81)).toBe(before);
    expect(await counted('sys-firewall', /tcp dport 81/)).toBeGreaterThan(0);
  });

  it('drops packets with the address of another', async () => {
    const dropped = (): Promise<number> => counted('sys-firewall', NOT_LET_IN);
    const before = await dropped();
    const spoof =
      'ip address add 10.137.0.99/32 dev eth0; ping -c 2 -W 5 -I 10.137.0.99 10.0.2.2; ' +
      'ip address del 10.137.0.99/32 dev eth0';
    expect((await inside('personal', spoof, 'root')).output).toMatch(/2 packets transmitted, 0 received/);
    expect(await dropped()).toBeGreaterThanOrEqual(before + 2);
  });

  it('moves a running qube off the network and back', async () => {
    expect((await dom0('qube set personal netvm=none firewall=')).code).toBe(0);
    expect((await inside('personal', 'ls /sys/class/net')).output).toBe('lo');
    expect((await dom0('qube set personal netvm=sys-firewall')).code).toBe(0);
    await expect
      .poll(async () => (await inside('personal', request(80))).output, { timeout: BOOT })
      .toBe('hello');
  });

  it('comes back after sys-net crashed', async () => {
    await dom0('xl destroy sys-net');
    await expect
      .poll(async () => (await dom0('qube list sys-net')).output, { timeout: GUESTS, interval: 10_000 })
      .toMatch(/running/);
    await expect
      .poll(async () => (await inside('personal', request(80))).output, { timeout: BOOT, interval: 5000 })
      .toBe('hello');
  });
});

describe('qube run', () => {
  it('passes the exit code and keeps output and errors apart', async () => {
    expect(
      await dom0(`qube run vault -- sh -c 'cat; echo err >&2; exit 7' < /etc/hostname 2> /tmp/err`),
    ).toEqual({
      output: 'desk',
      code: 7,
    });
    expect((await dom0('cat /tmp/err')).output).toBe('err');
    expect((await inside('vault', 'id -un')).output).toBe('user');
  });

  it('carries 64 MiB each way to the byte', async () => {
    await dom0('head -c 64M /dev/urandom > /var/tmp/sent');
    const sent = (await dom0('sha256sum < /var/tmp/sent', BOOT)).output;
    expect((await dom0('qube run vault -- sha256sum < /var/tmp/sent', BOOT)).output).toBe(sent);
    expect((await dom0('qube run vault -- cat < /var/tmp/sent | sha256sum', BOOT)).output).toBe(sent);
    await dom0('rm /var/tmp/sent');
  });

  it('leaves the processor alone between calls', async () => {
    const used =
      "for p in $(pidof qubeforge-vchan); do cut -d ' ' -f 14,15 /proc/$p/stat; done | " +
      '{ t=0; while read -r user system; do t=$((t + user + system)); done; echo $t; }';
    const before = Number((await dom0(used)).output);
    expect(before).toBeGreaterThan(0);
    await dom0('sleep 20');
    // Hundredths of a second: a program that waits uses none, one that turns uses all.
    expect(Number((await dom0(used)).output) - before).toBeLessThan(200);
  });

  it('ends when its reader goes', async () => {
    const { output } = await dom0('qube run vault -- cat /dev/zero | head -c 1000 | wc -c');
    expect(output).toBe('1000');
  });

  it('ends when its qube is killed', async () => {
    const { code } = await dom0('(sleep 20; xl destroy personal) & qube run personal -- sleep 1000');
    expect(code).toBe(255);
    expect((await dom0('systemctl --failed --no-legend | grep qubeforge')).output).toBe('');
  });

  it('takes no harm from what a guest writes where dom0 reads', async () => {
    const noise = 'head -c 3000 /dev/urandom';
    await inside(
      'vault',
      `for i in 1 2 3 4 5; do xenstore-write data/qubeforge-ready "$(${noise} | base64 -w 0 | head -c 1900)"; ` +
        `xenstore-write data/qf-$i "$(printf '\\033]0;bad\\007')"; done; ` +
        `${noise} > /dev/hvc0; printf '\\033[2J\\033]0;bad\\007' > /dev/hvc0`,
      'root',
    );
    const shown = await dom0(`script -qc "qube run vault -- printf 'a\\033[31mb'" /dev/null | od -An -c`);
    expect(shown.output).toMatch(/^a .* b/);
    expect(shown.output).not.toContain('033');
    expect((await dom0('qube list vault')).output).toMatch(/vault +AppVM +black +running/);
    // In place of its own end of the channel, the guest writes noise into the ring.
    const ring = `systemctl stop qubeforge-agent; xenstore-write data/vchan/qubeforge/ring-ref 4294967295 || true`;
    expect((await dom0(`timeout 120 qube run vault --user root -- sh -c ${quoted(ring)}`)).code).not.toBe(0);
    expect((await dom0('qube apply')).output).toBe('nothing to do');
    expect((await dom0('xl list vault')).code).toBe(0);
  });
});
