/** What a site's way to the internet does to its packets, in the words of RFC 4787. */
export type Nat =
  /** A public address and no filter. */
  | 'open'
  /** Endpoint-independent mapping and filtering. */
  | 'full-cone'
  /** Endpoint-independent mapping, address- and port-dependent filtering: a plain home router. */
  | 'port-restricted'
  /** Another port for each destination: mobile carriers, many offices. */
  | 'symmetric'
  /** A port-restricted one that lets no UDP out. */
  | 'udp-blocked'

/**
 * Rules for a router with its inside on `lan0` and its outside on `wan0`. Packets nobody asked for are dropped, not refused: a refusal
 * would leave an entry that takes the port, and no hole could be punched.
 */
export function natRules(nat: Exclude<Nat, 'open'>, outside: string): string {
  const isFullCone = nat === 'full-cone'
  const masquerade = nat === 'symmetric' ? 'masquerade fully-random' : 'masquerade'
  return `
table ip nat {
  ${isFullCone ? 'map mapped { type inet_service : ipv4_addr; flags dynamic,timeout; timeout 120s; size 65535; }' : ''}
  chain learn { type filter hook postrouting priority 0; policy accept;
    ${isFullCone ? 'iifname "lan0" oifname "wan0" meta l4proto udp update @mapped { udp sport : ip saddr }' : ''}
  }
  chain inwards { type nat hook prerouting priority -100; policy accept;
    ${isFullCone ? `iifname "wan0" ip daddr ${outside} meta l4proto udp dnat to udp dport map @mapped` : ''}
  }
  chain outwards { type nat hook postrouting priority 100; policy accept;
    oifname "wan0" ${masquerade}
  }
  chain own { type filter hook input priority 0; policy accept;
    iifname "wan0" ct state established,related accept
    iifname "wan0" drop
  }
  chain through { type filter hook forward priority 0; policy drop;
    ${nat === 'udp-blocked' ? 'iifname "lan0" oifname "wan0" meta l4proto udp drop' : ''}
    ct state established,related accept
    ct status dnat accept
    iifname "lan0" oifname "wan0" accept
  }
}
`
}

/** Whether two sites' media goes straight, by the theory of hole punching; through a TURN server where not. */
export function isDirect(a: Nat, b: Nat): boolean {
  const kinds = [a, b]
  if (kinds.includes('udp-blocked')) return false
  if (!kinds.includes('symmetric')) return true
  return kinds.includes('open') || kinds.includes('full-cone')
}
