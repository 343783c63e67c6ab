//! Which addresses may be called: public ones, and what the deployment allows besides.
//!
//! A name is resolved here, so that the address that was looked at is the one that is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use pawl_contract::{StepError, code};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Networks of IPv4 that are nobody's public address.
const PRIVATE_V4: [&str; 16] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // Azure's metadata stands at a public address.
    "168.63.129.16/32",
];

/// Networks within `2000::/3`, which else holds all public addresses of IPv6, that are nobody's: Teredo, ORCHID, 6to4
/// and documentation.
const PRIVATE_V6: [&str; 6] = [
    "2001::/32",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// What a deployment allows besides public addresses: `PAWL_HTTP_ALLOW`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

impl Guard {
    /// The guard that lets through public addresses, and these hosts and networks.
    pub(crate) fn new(allowed: &[String]) -> Self {
        let mut guard = Self::default();
        for entry in allowed {
            let address = || entry.parse::<IpAddr>().map(IpNet::from);
            match entry.parse::<IpNet>().or_else(|_| address()) {
                Ok(network) => guard.networks.push(network),
                Err(_) => guard.hosts.push(entry.to_ascii_lowercase()),
            }
        }
        guard
    }

    /// Refuses what is no address of the web, and literal addresses that may not be called.
    ///
    /// A `Url` writes an address of IPv4 in the usual way, in whichever notation it was given.
    pub(super) fn check(&self, url: &Url) -> Result<(), StepError> {
        let refuse = |message: String| Err(StepError::new(code::VALIDATION_ERROR, message));
        if !matches!(url.scheme(), "http" | "https") {
            return refuse(format!("`{}` is no address of the web", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("a URL holds no user and no password: put them into `auth`".to_owned());
        }
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse() {
            Ok(address) if !self.admits(host, address) => refuse(refusal(host)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn admits(&self, host: &str, address: IpAddr) -> bool {
        let address = plain(address);
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.contains(&host)
            || self.networks.iter().any(|one| one.contains(&address))
            || is_public(address)
    }
}

/// What is said where an address may not be called. It does not say which address a name has.
pub(super) fn refusal(host: &str) -> String {
    format!(
        "`{host}` is not a public address, and this deployment does not allow it: see PAWL_HTTP_ALLOW"
    )
}

/// An address without a disguise: IPv4 in IPv6 is IPv4.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(long) = address else {
        return address;
    };
    let translated = match long.segments() {
        // NAT64, as networks without IPv4 see the rest.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some((high, low)),
        // The deprecated form of IPv4 in IPv6. The addresses :: and ::1 are not of it.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some((high, low)),
        _ => None,
    };
    let short = |(high, low): (u16, u16)| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    let short = long.to_ipv4_mapped().or_else(|| translated.map(short));
    short.map_or(address, IpAddr::V4)
}

fn is_public(address: IpAddr) -> bool {
    let within = |networks: &[&str]| {
        let mut networks = networks.iter().filter_map(|one| one.parse::<IpNet>().ok());
        networks.any(|one| one.contains(&address))
    };
    match address {
        IpAddr::V4(_) => !within(&PRIVATE_V4),
        IpAddr::V6(long) => is_global_unicast(long) && !within(&PRIVATE_V6),
    }
}

fn is_global_unicast(address: Ipv6Addr) -> bool {
    address
        .octets()
        .first()
        .is_some_and(|first| first >> 5 == 1)
}

/// Nothing of what a name stands for may be called.
#[derive(Debug, thiserror::Error)]
#[error("{}", refusal(host))]
pub(super) struct Forbidden {
    host: String,
}

/// Resolves names to the addresses among theirs that may be called.
pub(crate) struct Resolver(pub(crate) Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        let host = name.as_str().to_owned();
        Box::pin(async move {
            // The port is the caller's business.
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let is_known = !found.is_empty();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| guard.admits(&host, address.ip()))
                .collect();
            if allowed.is_empty() && is_known {
                return Err(Forbidden { host }.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_may_be_called() {
        let rows = [
            ("https://93.184.215.14/", true),
            ("https://example.com/", true),
            ("http://[2606:2800:21f:cb07::1]/", true),
            ("http://[64:ff9b::5db8:d70e]/", true),
            ("ftp://example.com/", false),
            ("http://ada@example.com/", false),
            ("http://ada:pw@example.com/", false),
            ("http://127.0.0.1/", false),
            ("http://127.1/", false),
            ("http://2130706433/", false),
            ("http://0x7f000001/", false),
            ("http://0177.0.0.1/", false),
            ("http://0/", false),
            ("http://10.1.2.3/", false),
            ("http://172.31.0.1/", false),
            ("http://192.168.1.1/", false),
            ("http://100.64.0.1/", false),
            ("http://169.254.169.254/latest/meta-data", false),
            ("http://169.254.170.2/", false),
            ("http://168.63.129.16/", false),
            ("http://[::]/", false),
            ("http://[::1]/", false),
            ("http://[::ffff:127.0.0.1]/", false),
            ("http://[::ffff:a9fe:a9fe]/", false),
            ("http://[::127.0.0.1]/", false),
            ("http://[64:ff9b::7f00:1]/", false),
            ("http://[2002:7f00:1::]/", false),
            ("http://[fd00:ec2::254]/", false),
            ("http://[fe80::1]/", false),
            ("http://[ff02::1]/", false),
            ("http://255.255.255.255/", false),
            ("http://224.0.0.1/", false),
        ];
        let guard = Guard::new(&[]);
        for (url, expected) in rows {
            let parsed = Url::parse(url).expect("a URL");
            assert_eq!(guard.check(&parsed).is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn a_deployment_allows_hosts_and_networks() {
        let allowed = ["10.1.0.0/16", "127.0.0.1", "Intranet.example", "fd00::/8"];
        let guard = Guard::new(&allowed.map(str::to_owned));
        let rows = [
            ("any.example", "10.1.9.9", true),
            ("any.example", "10.2.0.1", false),
            ("any.example", "127.0.0.1", true),
            ("any.example", "::ffff:127.0.0.1", true),
            ("any.example", "127.0.0.2", false),
            ("intranet.example", "192.168.0.1", true),
            ("INTRANET.example.", "192.168.0.1", true),
            ("not.intranet.example", "192.168.0.1", false),
            ("any.example", "fd00::7", true),
        ];
        for (host, address, expected) in rows {
            let address = address.parse().expect("an address");
            assert_eq!(guard.admits(host, address), expected, "{host} {address}");
        }
    }
}
