/**
 * What an installed machine must show once its qubes run, as commands for a root shell in dom0. Whoever boots
 * the machine (an emulator in the long lane, a person at a real one) hands `check` a way to run them.
 * The machine has sys-net, sys-firewall, an AppVM `app`, `vault` and `default-dvm`; a server answers `hello` at
 * 10.0.2.100 on the ports 80 and 81, of which the rules of `app` drop the second.
 */
export interface Check {
  readonly name: string;
  readonly command: string;
  /** The whole output, trimmed, has to match. */
  readonly output: RegExp;
  readonly code?: number;
}

export type Shell = (command: string) => Promise<{ readonly code: number; readonly output: string }>;

const fetch = (port: number): string =>
  `qube run app -- curl -s -m 60 http://10.0.2.100:${port}/ 2>/dev/null; echo " code $?"`;

/** One after the other: later ones build on earlier ones. */
export const CHECKS: readonly Check[] = [
  {
    name: 'lists every qube with its state, netvm and address',
    command: 'qube list app | tail -n 1',
    output: /^app +AppVM +yellow +running +\S+ MiB +sys-firewall +10\.137\.0\.\d+$/,
  },
  { name: 'has nothing left to apply', command: 'qube apply | head -n 1', output: /^nothing to do$/ },
  {
    name: 'gives dom0 no interface but its own',
    command: 'ls /sys/class/net',
    output: /^lo$/,
  },
  {
    name: 'gives the vault no interface but its own',
    command: 'qube run vault -- ls /sys/class/net',
    output: /^lo$/,
  },
  { name: 'reaches a server through two netvms', command: fetch(80), output: /^hello code 0$/ },
  {
    name: 'holds back a port that the rules name',
    command: fetch(81).replace('-m 60', '-m 15'),
    output: /^ ?code 28$/,
  },
  {
    name: 'counts the packet that it held back',
    command:
      'qube run sys-firewall --user root -- nft list chain inet qubeforge_forward qube-app | grep "dport 81"',
    output: /counter packets [1-9]\d* bytes/,
  },
  {
    name: 'lets no foreign sender in',
    command:
      'qube run app --user root -- sh -c "ip address add 10.137.9.9/32 dev eth0; ping -c 3 -W 5 -I 10.137.9.9 10.0.2.2; ' +
      'ip address del 10.137.9.9/32 dev eth0" | grep -o "[0-9]* received"',
    output: /^0 received$/,
  },
  {
    name: 'counts the foreign sender where it was dropped',
    command:
      'qube run sys-firewall --user root -- sh -c \'nft list ruleset | grep -A 7 "hook ingress" | grep -E "^[[:space:]]*counter packets [1-9]"\'',
    output: /counter packets [1-9]\d*/,
  },
  {
    name: 'passes on what a command prints and how it ends',
    command: 'qube run app --user root -- sh -c "cat; echo err >&2; exit 7" < /etc/hostname; echo "code $?"',
    output: /^dom0\n(err\n)?code 7$/,
  },
  {
    name: 'keeps /home and not /usr',
    command:
      'qube run app --user root -- sh -c "echo kept > /home/user/kept; echo lost > /usr/lost; sync" && ' +
      'qube restart app --wait 3000 2>/dev/null; qube run app -- sh -c "cat /home/user/kept; cat /usr/lost 2>&1"',
    output: /^kept\n.*No such file or directory$/,
  },
  {
    name: 'leaves nothing of a disposable',
    command:
      'qube run default-dvm --disposable --wait 3000 -- hostname 2>/dev/null; lvs --noheadings -o lv_name | grep -c disp-',
    output: /^disp-1\n0$/,
  },
  {
    name: 'takes a running qube off the network and back',
    command:
      'qube set app netvm=none >/dev/null 2>&1; qube run app -- ls /sys/class/net | tr "\\n" " "; ' +
      'qube set app netvm=sys-firewall >/dev/null 2>&1; sleep 10; ' +
      fetch(80),
    output: /^lo hello code 0$/,
  },
  {
    name: 'finds its way back when a netvm dies',
    command: 'xl destroy sys-net; qube reconcile --wait 3000 >/dev/null 2>&1; sleep 30; ' + fetch(80),
    output: /^hello code 0$/,
  },
];

/** Runs one check; resolves with what is wrong, or undefined. */
export async function check({ command, output, code = 0 }: Check, shell: Shell): Promise<string | undefined> {
  const got = await shell(command);
  const text = got.output.trim();
  if (got.code === code && output.test(text)) return undefined;
  return `exit code ${got.code}, output:\n${text}`;
}
