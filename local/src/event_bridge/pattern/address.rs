//! Networks as patterns write them: `10.0.0.0/24`, `2001:db8::/32`.

use std::net::IpAddr;

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Network {
    address: IpAddr,
    /// How many bits of the address matter.
    bits: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("Malformed CIDR, one '/' required: {text}");
        let (address, bits) = text.split_once('/').ok_or_else(malformed)?;
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("Invalid IP address: {address}"))?;
        let bits = bits
            .parse()
            .map_err(|_| format!("Malformed CIDR, mask bits must be an integer: {bits}"))?;
        let width = width(address);
        if bits > width {
            return Err(format!(
                "Malformed CIDR, mask bits must be at most {width}: {bits}"
            ));
        }
        Ok(Self { address, bits })
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let width = width(address);
        let shift = width.saturating_sub(self.bits);
        let head = |address| number(address).checked_shr(shift).unwrap_or_default();
        self.address.is_ipv4() == address.is_ipv4() && head(self.address) == head(address)
    }
}

fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}
