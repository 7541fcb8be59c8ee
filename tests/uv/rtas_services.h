/* SPDX-License-Identifier: Apache-2.0 */
/* The RTAS services that the ultravisor knows, in the order of its table: BED_TOKEN(i) is the token
 * of row i. A device tree needs all but the last. */
#ifndef PEFEMU_TESTS_UV_RTAS_SERVICES_H
#define PEFEMU_TESTS_UV_RTAS_SERVICES_H

#define BED_SERVICES(SERVICE)                                                                      \
    SERVICE(STOP_SELF, "stop-self")                                                                \
    SERVICE(START_CPU, "start-cpu")                                                                \
    SERVICE(OS_TERM, "ibm,os-term")                                                                \
    SERVICE(POWER_OFF, "power-off")                                                                \
    SERVICE(CHECK_EXCEPTION, "check-exception")                                                    \
    SERVICE(EVENT_SCAN, "event-scan")                                                              \
    SERVICE(CONFIGURE_CONNECTOR, "ibm,configure-connector")                                        \
    SERVICE(GET_PARAMETER, "ibm,get-system-parameter")                                             \
    SERVICE(SET_PARAMETER, "ibm,set-system-parameter")                                             \
    SERVICE(NVRAM_FETCH, "nvram-fetch")                                                            \
    SERVICE(NVRAM_STORE, "nvram-store")                                                            \
    SERVICE(SLOT_ERROR, "ibm,slot-error-detail")                                                   \
    SERVICE(NMI_REGISTER, "ibm,nmi-register")

#define BED_SERVICE_NAME(id, name) name,
static const char *const bed_services[] = {BED_SERVICES(BED_SERVICE_NAME)};

#endif
