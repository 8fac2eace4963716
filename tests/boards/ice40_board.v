// An iCE40 board around its design: the oscillator, the PLL and the pins.
//
// `clk` is the VCO of the PLL, the fastest clock there is; the oscillator has one period in
// `RATIO` of it. `rst` takes the lock from the PLL.
module bench #(parameter RATIO = 1) (input clk, input rst, input rx, output tx);
    reg [15:0] phase = 0;
    reg oscillator = 0;
    always @(posedge clk) begin
        phase <= phase == RATIO - 1 ? 0 : phase + 1;
        oscillator <= phase < RATIO / 2;
    end
    wire line = rx;
    board board(
        .clk12_0__io(oscillator), .uart_0__rx__io(line), .uart_0__tx__io(tx), .led_0__io()
    );
endmodule

// Locks when the oscillator and the VCO, both divided, keep step; undivided reference only.
module SB_PLL40_PAD #(
    parameter [6:0] DIVF = 0, parameter [3:0] DIVR = 0, parameter [2:0] DIVQ = 0,
    parameter [2:0] FILTER_RANGE = 0, parameter FEEDBACK_PATH = "", parameter PLLOUT_SELECT = ""
) (input PACKAGEPIN, input RESETB, input BYPASS, output PLLOUTCORE, output LOCK);
    reg was = 0;
    reg [15:0] since = 0, period = 0;
    reg [7:0] steady = 0;
    reg [5:0] divider = 0;
    wire in_step = DIVR == 0 && period == DIVF + 1 && RESETB && !BYPASS;
    always @(posedge bench.clk) begin
        was <= PACKAGEPIN;
        since <= PACKAGEPIN && !was ? 1 : since + 1;
        if (PACKAGEPIN && !was) period <= since;
        if (bench.rst || !in_step) steady <= 0; else if (!LOCK) steady <= steady + 1;
        divider <= divider + 1;
    end
    assign LOCK = &steady;
    assign PLLOUTCORE = divider[DIVQ - 1];
endmodule

module SB_IO #(
    parameter [5:0] PIN_TYPE = 0, parameter IO_STANDARD = "", parameter [0:0] PULLUP = 0
) (inout PACKAGE_PIN, input OUTPUT_ENABLE, input D_OUT_0, output D_IN_0);
    generate
        if (PIN_TYPE[5:4] == 2) assign PACKAGE_PIN = D_OUT_0;
    endgenerate
    assign D_IN_0 = PACKAGE_PIN;
endmodule
