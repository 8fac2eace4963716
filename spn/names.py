"""Names that stand in files, in Verilog and in messages."""

import re

from mulbudget.spn.errors import UserError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

_KEYWORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before
begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class
clocking cmos config const constraint context continue cover covergroup coverpoint cross deassign
default defparam design disable dist do edge else end endcase endchecker endclass endclocking
endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive
endprogram endproperty endsequence endspecify endtable endtask enum event eventually expect export
extends extern final first_match for force foreach forever fork forkjoin function generate genvar
global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include
initial inout input inside instance int integer interconnect interface intersect join join_any
join_none large let liblist library local localparam logic longint macromodule matches medium
modport module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or
output package packed parameter pmos posedge primitive priority program property protected pull0
pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence
rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal
showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct
super supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait wait_order
wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""
"""Of Verilog (IEEE 1364-2005) and SystemVerilog (IEEE 1800)."""

_TAKEN = frozenset(
    {
        "mulbudget_lanes",  # the module around the networks in a simulator
        "prom",  # cells of Gowin's that are not all in capitals
        "promx9",
        "rpll",
        "std",  # SystemVerilog's own package
        "report",  # report.json stands beside a network's own NAME.json
    }
)
"""What a network would clash with, in small letters, since some file systems tell no case apart."""


def check_name(name: str, what: str) -> None:
    """Raise `UserError` unless `name` can stand in Verilog and in a file's name.

    It is a letter, then up to 63 letters, digits or underscores, and no keyword of Verilog or
    SystemVerilog.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{what} name {name[:80]!r} is not a letter followed by at most 63 letters, digits or "
            "underscores"
        )
    if name in _KEYWORDS.split():
        raise UserError(f"{what} name {name!r} is a keyword of Verilog: choose another")


def check_network_name(name: str) -> None:
    """`check_name`, and nothing that stands beside the network in Verilog may have the name.

    The cells of device families are all in capitals, so a network's name is not.
    """
    check_name(name, "network")
    if name == name.upper():
        raise UserError(
            f"network name {name!r} is all in capitals, as the cells of devices are that it must "
            f"not clash with: choose another, such as {name.lower()!r}"
        )
    if name.lower() in _TAKEN:
        raise UserError(
            f"network name {name!r} is that of something that comes with it: choose another"
        )
